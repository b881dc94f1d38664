#include "tests/crash/proxy.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio.hpp>
#include <cstdint>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace assent::tests {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kVersionBytes = 4;
constexpr std::uint32_t kOwnSeqids = 0x70000000;  // above what any channel counts to in a test

std::uint32_t read_number(const std::string& bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = (number << 8U) | static_cast<std::uint8_t>(bytes.at(at + i));
  return number;
}

void write_number(std::string& bytes, std::size_t at, std::uint32_t number) {
  for (std::size_t i = 0; i < 4; ++i) bytes.at(at + i) = static_cast<char>(number >> (8U * (3U - i)));
}

}  // namespace

// One frame: length, then the head of a strict TBinaryProtocol message: version and type, name, seqid.
struct Proxy::Frame {
  std::string bytes;

  std::string method() const {
    return bytes.substr(kLengthBytes + kVersionBytes + 4, read_number(bytes, kLengthBytes + kVersionBytes));
  }
  std::size_t seqid_at() const {
    return kLengthBytes + kVersionBytes + 4 + read_number(bytes, kLengthBytes + kVersionBytes);
  }
  std::uint32_t seqid() const { return read_number(bytes, seqid_at()); }
  void set_seqid(std::uint32_t seqid) { write_number(bytes, seqid_at(), seqid); }
};

namespace {

tcp::endpoint to_endpoint(const std::string& address) {
  const auto colon = address.rfind(':');
  return {asio::ip::make_address(address.substr(0, colon)),
          static_cast<std::uint16_t>(std::stoul(address.substr(colon + 1)))};
}

}  // namespace

class Proxy::State : public std::enable_shared_from_this<State> {
 public:
  State(asio::io_context& io, const std::string& target)
      : io_(io), target_(target), acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {}

  void accept();
  // Decides about a frame; nothing if it goes its way.
  std::optional<Fate> fate(Direction direction, const std::string& method);
  void hold(std::weak_ptr<Session> session, Direction direction, Frame frame);
  void release();
  void disconnect();

  std::string address() const { return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }

  asio::io_context& io_;
  std::atomic<std::size_t> met_ = 0;
  std::atomic<std::size_t> held_count_ = 0;
  std::atomic<std::size_t> closed_ = 0;
  std::atomic<std::size_t> late_answers_ = 0;
  std::string hello_;  // a copy of the first call of some connection, for connections of the proxy's own

  std::mutex mutex_;  // guards what follows
  std::string target_;
  std::map<std::pair<Direction, std::string>, std::deque<Fate>> arranged_;

 private:
  struct Held {
    std::weak_ptr<Session> session;
    Direction direction;
    Frame frame;
  };

  tcp::acceptor acceptor_;
  std::vector<Held> held_;
  std::vector<std::weak_ptr<Session>> sessions_;
};

// One connection of a caller, and the one that continues it to the target.
class Proxy::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<State> state, tcp::socket caller)
      : state_(std::move(state)), caller_(std::move(caller)), target_(state_->io_) {}

  void start(const std::string& target) {
    target_.async_connect(to_endpoint(target), [self = shared_from_this()](const boost::system::error_code& error) {
      if (error) return self->close();
      self->is_connected_ = true;
      self->read(Direction::kAnswer);
      if (self->caller_.is_open()) self->read(Direction::kRequest);
      self->flush(Direction::kRequest);
    });
  }

  void send(Direction direction, const Frame& frame) {
    queue(direction).push_back(frame.bytes);
    if (queue(direction).size() == 1) flush(direction);
  }

  // A request whose answer goes nowhere.
  void send_unanswered(Frame frame) {
    frame.set_seqid(kOwnSeqids + static_cast<std::uint32_t>(swallowed_.size()));
    swallowed_.insert(frame.seqid());
    send(Direction::kRequest, frame);
  }

  bool is_open() const { return caller_.is_open() && target_.is_open(); }

  void close() {
    boost::system::error_code ignored;
    caller_.close(ignored);
    target_.close(ignored);
  }

 private:
  tcp::socket& from(Direction direction) { return direction == Direction::kRequest ? caller_ : target_; }
  tcp::socket& to(Direction direction) { return direction == Direction::kRequest ? target_ : caller_; }
  std::deque<std::string>& queue(Direction direction) { return queues_[direction == Direction::kRequest ? 0 : 1]; }

  void read(Direction direction) {
    auto frame = std::make_shared<Frame>();
    frame->bytes.resize(kLengthBytes);
    asio::async_read(
        from(direction), asio::buffer(frame->bytes),
        [self = shared_from_this(), direction, frame](const boost::system::error_code& error, std::size_t) {
          if (error == asio::error::eof || error == asio::error::connection_reset) self->ended_by(direction);
          if (error) return self->close();
          self->read_body(direction, frame);
        });
  }

  void read_body(Direction direction, const std::shared_ptr<Frame>& frame) {
    frame->bytes.resize(kLengthBytes + read_number(frame->bytes, 0));
    asio::async_read(
        from(direction), asio::buffer(frame->bytes.data() + kLengthBytes, frame->bytes.size() - kLengthBytes),
        [self = shared_from_this(), direction, frame](const boost::system::error_code& error, std::size_t) {
          if (error) return self->close();
          self->pass(direction, *frame);
          self->read(direction);
        });
  }

  void pass(Direction direction, const Frame& frame) {
    if (direction == Direction::kAnswer && swallowed_.count(frame.seqid()) > 0) return;
    if (direction == Direction::kRequest && frame.method() == "hello") state_->hello_ = frame.bytes;
    const auto fate = state_->fate(direction, frame.method());
    if (!fate) return send(direction, frame);
    switch (*fate) {
      case Fate::kDrop: return;
      case Fate::kRepeat:
        send(direction, frame);
        return direction == Direction::kRequest ? send_unanswered(frame) : send(direction, frame);
      case Fate::kHold: return state_->hold(weak_from_this(), direction, frame);
      case Fate::kCopy: send(direction, frame); return state_->hold({}, direction, frame);
    }
  }

  void ended_by(Direction direction) {
    if (direction == Direction::kRequest && is_open()) ++state_->closed_;
  }

  void flush(Direction direction) {
    if (queue(direction).empty() || !is_connected_) return;
    asio::async_write(to(direction), asio::buffer(queue(direction).front()),
                      [self = shared_from_this(), direction](const boost::system::error_code& error, std::size_t) {
                        if (error) return self->close();
                        self->queue(direction).pop_front();
                        self->flush(direction);
                      });
  }

  std::shared_ptr<State> state_;
  tcp::socket caller_;
  tcp::socket target_;
  bool is_connected_ = false;  // to the target
  std::array<std::deque<std::string>, 2> queues_;
  std::set<std::uint32_t> swallowed_;  // seqids whose answers go nowhere
};

void Proxy::State::accept() {
  acceptor_.async_accept([self = shared_from_this()](const boost::system::error_code& error, tcp::socket socket) {
    if (error) return;
    std::string target;
    {
      const std::lock_guard lock(self->mutex_);
      target = self->target_;
    }
    auto session = std::make_shared<Session>(self, std::move(socket));
    self->sessions_.push_back(session);
    session->start(target);
    self->accept();
  });
}

std::optional<Fate> Proxy::State::fate(Direction direction, const std::string& method) {
  const std::lock_guard lock(mutex_);
  const auto found = arranged_.find({direction, method});
  if (found == arranged_.end() || found->second.empty()) return std::nullopt;
  const auto fate = found->second.front();
  found->second.pop_front();
  ++met_;
  return fate;
}

void Proxy::State::hold(std::weak_ptr<Session> session, Direction direction, Frame frame) {
  held_.push_back({std::move(session), direction, std::move(frame)});
  held_count_ = held_.size();
}

void Proxy::State::release() {
  std::shared_ptr<Session> own;
  held_count_ = 0;
  for (auto& held : std::exchange(held_, {})) {
    if (const auto session = held.session.lock(); session && session->is_open()) {
      session->send(held.direction, held.frame);
    } else if (held.direction == Direction::kAnswer) {
      const auto newest = std::find_if(sessions_.rbegin(), sessions_.rend(), [](const std::weak_ptr<Session>& weak) {
        const auto other = weak.lock();
        return other && other->is_open();
      });
      if (newest == sessions_.rend()) continue;
      newest->lock()->send(held.direction, held.frame);
      ++late_answers_;
    } else {
      if (!own) {
        own = std::make_shared<Session>(shared_from_this(), tcp::socket(io_));
        sessions_.push_back(own);
        const std::lock_guard lock(mutex_);
        own->start(target_);
        own->send_unanswered(Frame{hello_});
      }
      own->send_unanswered(std::move(held.frame));
    }
  }
}

void Proxy::State::disconnect() {
  for (const auto& weak : std::exchange(sessions_, {})) {
    if (const auto session = weak.lock()) session->close();
  }
}

Proxy::Proxy(const std::string& target) : state_(std::make_shared<State>(io_, target)) {
  state_->accept();
  thread_ = std::thread([this] { io_.run(); });
}

Proxy::~Proxy() {
  io_.stop();
  thread_.join();
}

std::string Proxy::address() const {
  return state_->address();
}

void Proxy::set_target(const std::string& target) {
  const std::lock_guard lock(state_->mutex_);
  state_->target_ = target;
}

void Proxy::arrange(Direction direction, const std::string& method, Fate fate, std::size_t count) {
  const std::lock_guard lock(state_->mutex_);
  auto& fates = state_->arranged_[{direction, method}];
  fates.insert(fates.end(), count, fate);
}

void Proxy::clear() {
  const std::lock_guard lock(state_->mutex_);
  state_->arranged_.clear();
}

std::size_t Proxy::held() const {
  return state_->held_count_;
}

std::size_t Proxy::met() const {
  return state_->met_;
}

std::size_t Proxy::closed() const {
  return state_->closed_;
}

std::size_t Proxy::late_answers() const {
  return state_->late_answers_;
}

void Proxy::release() {
  asio::post(io_, [state = state_] { state->release(); });
}

void Proxy::disconnect() {
  asio::post(io_, [state = state_] { state->disconnect(); });
}

}  // namespace assent::tests
