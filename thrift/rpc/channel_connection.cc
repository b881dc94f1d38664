#include "thrift/rpc/channel_connection.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <functional>

#include "assent_constants.h"
#include "thrift/rpc/faults.h"

namespace assent::rpc {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::int32_t kHelloSeqid = 0;
// A call may wait at most this long: more would overflow the clock.
constexpr Duration kLongestDeadline = std::chrono::hours(24 * 365);

// Differs between the channels of a process and between processes.
std::uint32_t jitter_seed(const Address& peer) {
  static std::atomic<std::uint32_t> count = 0;
  const std::uint32_t channel = ++count;
  const auto process = static_cast<std::uint32_t>(getpid());
  return static_cast<std::uint32_t>(std::hash<std::string>()(to_string(peer))) + 7919U * channel + 104729U * process;
}

}  // namespace

ChannelConnection::ChannelConnection(asio::io_context& io, Address peer, ChannelOptions options)
    : io_(io),
      peer_(std::move(peer)),
      options_(std::move(options)),
      counters_(options_.counters ? options_.counters : std::make_shared<Counters>()),
      encoder_(options_.limits, options_.limits.request_elements),
      decoder_(options_.limits, options_.limits.answer_elements),
      resolver_(io),
      backoff_(options_.limits.backoff_first, options_.limits.backoff_ceiling, jitter_seed(peer_)),
      timer_(io) {}

void ChannelConnection::start(const char* method, const apache::thrift::TBase& request, Duration deadline,
                              AnswerReader reader) {
  const std::size_t queued = waiting_bytes_ + (stream_ ? stream_->output_bytes() : 0);
  if (calls_.size() >= options_.limits.outstanding_calls || queued >= options_.limits.output_bytes) {
    reject(std::move(reader),
           Error{ErrorKind::kOverloaded, std::to_string(calls_.size()) + " calls and " + std::to_string(queued) +
                                             " bytes already wait for " + to_string(peer_) + "; call again later"});
    return;
  }
  OutstandingCall call;
  call.seqid = calls_.next_seqid();
  call.method = method;
  call.counters = &counters_->methods[call.method];
  call.deadline = Clock::now() + std::min(deadline, kLongestDeadline);
  call.reader = std::move(reader);
  const Result<Frame> frame = encoder_.call(call.method, call.seqid, request);
  if (frame.has_error()) {
    reject(std::move(call.reader), frame.error());
    return;
  }
  if (state_ == State::kReady) {
    call.counters->request(frame.value().size());
    call.position = stream_->send(frame.value());
  } else {
    call.waiting_frame.assign(frame.value().begin(), frame.value().end());
    waiting_bytes_ += frame.value().size();
  }
  calls_.add(std::move(call));
  begin();
}

void ChannelConnection::begin() {
  if (state_ == State::kIdle) {
    connect();
  }
  arm_timer();
}

void ChannelConnection::connect() {
  if (Clock::now() < not_before_) {
    state_ = State::kWaiting;
  } else {
    attempt();
  }
}

void ChannelConnection::attempt() {
  state_ = State::kConnecting;
  setup_deadline_ = Clock::now() + options_.limits.connect_timeout;
  error_code is_a_name;
  const asio::ip::address address = asio::ip::make_address(peer_.host, is_a_name);
  if (!is_a_name) {
    const asio::ip::tcp::endpoint endpoint(address, peer_.port);
    connect_to(asio::ip::tcp::resolver::results_type::create(endpoint, peer_.host, std::to_string(peer_.port)));
    return;
  }
  resolver_.async_resolve(peer_.host, std::to_string(peer_.port),
                          [self = shared_from_this(), attempt = attempt_](const error_code& error, const auto& found) {
                            if (attempt != self->attempt_) {
                              return;
                            }
                            if (error) {
                              self->fail(ErrorKind::kUnavailable, "the name cannot be resolved: " + error.message());
                              return;
                            }
                            self->connect_to(found);
                          });
}

void ChannelConnection::connect_to(const asio::ip::tcp::resolver::results_type& endpoints) {
  connecting_ = std::make_shared<asio::ip::tcp::socket>(io_);
  asio::async_connect(
      *connecting_, endpoints,
      [self = shared_from_this(), attempt = attempt_, socket = connecting_](const error_code& error, const auto&) {
        if (attempt != self->attempt_) {
          return;
        }
        if (error) {
          self->fail(ErrorKind::kUnavailable, error.message());
          return;
        }
        self->greet();
      });
}

void ChannelConnection::greet() {
  state_ = State::kGreeting;
  stream_ = std::make_shared<FrameStream>(std::move(*connecting_), options_.limits, counters_, this);
  connecting_.reset();
  wire::HelloRequest hello;
  hello.__set_protocol_version(wire::g_assent_constants.PROTOCOL_VERSION);
  hello.__set_program(options_.program);
  const Result<Frame> frame = encoder_.call(methods::kHello.name, kHelloSeqid, hello);
  if (frame.has_error()) {
    fail(ErrorKind::kUnavailable, frame.error().message);
    return;
  }
  counters_->methods[methods::kHello.name].request(frame.value().size());
  stream_->send(frame.value());
  stream_->start();
}

void ChannelConnection::on_frame(std::span<const std::uint8_t> message) {
  const auto self = shared_from_this();
  if (state_ == State::kGreeting) {
    handle_hello(message);
  } else {
    handle_answer(message);
  }
}

void ChannelConnection::handle_hello(std::span<const std::uint8_t> message) {
  const Result<MessageHead> head = decoder_.begin(message);
  decltype(methods::kHello)::Result result;
  if (head.has_error() || head.value().seqid != kHelloSeqid || head.value().type != apache::thrift::protocol::T_REPLY ||
      decoder_.read(result).has_error()) {
    ++counters_->bad_frames;
    fail(ErrorKind::kUnavailable, "it did not answer hello as an Assent process does");
    return;
  }
  counters_->methods[methods::kHello.name].answer(kFrameLengthBytes + message.size());
  if (!result.__isset.success) {
    const Error error = error_from(result.fault);
    fail(error.kind == ErrorKind::kWrongVersion ? error.kind : ErrorKind::kUnavailable,
         "it refused hello: " + error.message);
    return;
  }
  const std::int32_t version = result.success.protocol_version;
  if (version != wire::g_assent_constants.PROTOCOL_VERSION) {
    fail(ErrorKind::kWrongVersion, "it speaks version " + std::to_string(version) + " of the protocol, this program " +
                                       std::to_string(wire::g_assent_constants.PROTOCOL_VERSION) +
                                       "; upgrade the older one");
    return;
  }
  become_ready();
}

void ChannelConnection::become_ready() {
  state_ = State::kReady;
  backoff_.succeeded();
  for (OutstandingCall* call : calls_.all()) {
    call->counters->request(call->waiting_frame.size());
    call->position = stream_->send(call->waiting_frame);
    call->waiting_frame = {};
  }
  waiting_bytes_ = 0;
}

void ChannelConnection::handle_answer(std::span<const std::uint8_t> message) {
  const Result<MessageHead> head = decoder_.begin(message);
  const OutstandingCall* const found = head.has_error() ? nullptr : calls_.find(head.value().seqid);
  const bool was_sent = found && found->position && stream_->was_handed_over(*found->position);
  const bool is_exception = was_sent && head.value().type == apache::thrift::protocol::T_EXCEPTION;
  const bool is_answer = is_exception || (was_sent && head.value().type == apache::thrift::protocol::T_REPLY);
  if (!is_answer || found->method != head.value().method) {
    ++counters_->bad_frames;
    fail(ErrorKind::kUnavailable,
         head.has_error() ? "it sent " + head.error().message : "it answered what was not asked");
    return;
  }
  const OutstandingCall call = calls_.take(found->seqid);
  call.counters->answer(kFrameLengthBytes + message.size());
  const std::uint64_t attempt = attempt_;
  bool well_formed = true;
  if (is_exception) {
    apache::thrift::TApplicationException exception;
    well_formed = decoder_.read(exception).has_value();
    Error error = error_from(exception);
    error.message = to_string(peer_) + " could not serve `" + call.method + "`: " + error.message;
    call.reader(std::move(error));
  } else {
    well_formed = call.reader(&decoder_);
  }
  if (!well_formed && attempt == attempt_) {
    ++counters_->bad_frames;
    fail(ErrorKind::kUnavailable, "it sent a malformed answer");
  }
}

void ChannelConnection::on_closed(const std::string& why) {
  const auto self = shared_from_this();
  fail(ErrorKind::kUnavailable, why);
}

Error ChannelConnection::error_of(const OutstandingCall& call, ErrorKind unsent_kind, const std::string& why) const {
  const bool sent = call.position && stream_ && stream_->was_handed_over(*call.position);
  if (sent) {
    return Error{ErrorKind::kUnknown, "`" + call.method + "` was sent to " + to_string(peer_) +
                                          ", and no answer came: " + why + "; it may have happened"};
  }
  return Error{unsent_kind, "`" + call.method + "` was not sent to " + to_string(peer_) + ": " + why};
}

void ChannelConnection::fail(ErrorKind unsent_kind, const std::string& why, std::vector<OutstandingCall> expired) {
  const auto self = shared_from_this();
  const bool was_made = state_ == State::kReady;
  if (state_ == State::kConnecting || state_ == State::kGreeting) {
    not_before_ = Clock::now() + backoff_.failed();
  }
  std::vector<std::pair<AnswerReader, Error>> ended;
  for (OutstandingCall& call : expired) {
    Error error = error_of(call, unsent_kind, "its deadline has passed");
    ended.emplace_back(std::move(call.reader), std::move(error));
  }
  for (OutstandingCall& call : calls_.take_all()) {
    Error error = error_of(call, unsent_kind, why);
    ended.emplace_back(std::move(call.reader), std::move(error));
  }
  waiting_bytes_ = 0;
  drop_connection();
  // Last, and with nothing left of the old connection: a reader may call again, or destroy the channel.
  for (auto& [reader, error] : ended) {
    reader(std::move(error));
  }
  if (was_made && !shut_down_ && on_break_) {
    on_break_();
  }
}

void ChannelConnection::drop_connection() {
  ++attempt_;
  state_ = State::kIdle;
  resolver_.cancel();
  if (connecting_) {
    error_code ignored;  // the socket is closed in any case
    connecting_->close(ignored);
    connecting_.reset();
  }
  if (stream_) {
    stream_->close();
    stream_.reset();
  }
}

void ChannelConnection::reject(AnswerReader reader, Error error) {
  rejected_.emplace_back(std::move(reader), std::move(error));
  if (rejected_.size() == 1) {
    asio::post(io_, [self = shared_from_this()] { self->deliver_rejected(); });
  }
}

void ChannelConnection::deliver_rejected() {
  for (auto& [reader, error] : std::exchange(rejected_, {})) {
    reader(std::move(error));
  }
}

void ChannelConnection::shut_down() {
  const auto self = shared_from_this();
  shut_down_ = true;
  timer_.cancel();
  deliver_rejected();
  fail(ErrorKind::kUnavailable, "the channel was closed");
}

void ChannelConnection::arm_timer() {
  Clock::time_point earliest = calls_.earliest_deadline().value_or(Clock::time_point::max());
  if (state_ == State::kWaiting) {
    earliest = std::min(earliest, not_before_);
  } else if (state_ == State::kConnecting || state_ == State::kGreeting) {
    earliest = std::min(earliest, setup_deadline_);
  }
  if (shut_down_ || earliest >= armed_for_) {
    return;  // fires in time; it is armed anew then
  }
  armed_for_ = earliest;
  timer_.expires_at(earliest);
  timer_.async_wait([weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (self && !error && !self->shut_down_) {
      self->on_timer();
    }
  });
}

void ChannelConnection::on_timer() {
  armed_for_ = Clock::time_point::max();
  const Clock::time_point now = Clock::now();
  expire(now);
  if (state_ == State::kWaiting && calls_.size() == 0) {
    state_ = State::kIdle;
  } else if (state_ == State::kWaiting && now >= not_before_) {
    attempt();
  } else if ((state_ == State::kConnecting || state_ == State::kGreeting) && now >= setup_deadline_) {
    fail(ErrorKind::kUnavailable, "no connection was made in time");
  }
  arm_timer();
}

void ChannelConnection::expire(Clock::time_point now) {
  std::vector<OutstandingCall> expired = calls_.take_expired(now);
  if (expired.empty()) {
    return;
  }
  if (state_ == State::kReady) {
    fail(ErrorKind::kUnavailable, "the connection was closed because another call timed out", std::move(expired));
    return;
  }
  for (const OutstandingCall& call : expired) {
    waiting_bytes_ -= call.waiting_frame.size();
  }
  for (const OutstandingCall& call : expired) {
    call.reader(error_of(call, ErrorKind::kUnavailable, "no connection was made before its deadline"));
  }
}

}  // namespace assent::rpc
