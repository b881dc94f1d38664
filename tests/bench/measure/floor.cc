#include "tests/bench/measure/floor.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <thread>

#include "tests/bench/measure/forced_file.h"

namespace assent::bench {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr int kForces = 1000;
constexpr int kRoundTrips = 5000;
constexpr auto kLongest = std::chrono::milliseconds(500);  // for each of both
constexpr std::size_t kMessageBytes = 128;

template <typename Operation>
Microseconds median_of(int count, Operation operation) {
  Latencies latencies;
  const auto until = Clock::now() + kLongest;
  for (int i = 0; i < count; ++i) {
    const auto began = Clock::now();
    operation();
    const auto ended = Clock::now();
    latencies.add(ended - began);
    if (ended >= until) break;
  }
  return latencies.percentile(0.5);
}

Microseconds measure_force(const std::filesystem::path& folder) {
  const auto path = folder / "floor";
  ForcedFile file(path);
  const std::string record(kMessageBytes, 'r');
  const auto median = median_of(kForces, [&] {
    file.append(record);
    file.force();
  });
  std::filesystem::remove(path);
  return median;
}

Microseconds measure_round_trip() {
  using Message = std::array<char, kMessageBytes>;
  asio::io_context io;
  tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  tcp::socket near(io);
  near.connect(acceptor.local_endpoint());
  tcp::socket far = acceptor.accept();
  near.set_option(tcp::no_delay(true));
  far.set_option(tcp::no_delay(true));
  std::thread echo([&far] {
    Message message{};
    boost::system::error_code closed;
    while (asio::read(far, asio::buffer(message), closed) == kMessageBytes) asio::write(far, asio::buffer(message));
  });
  Message message{};
  const auto median = median_of(kRoundTrips, [&] {
    asio::write(near, asio::buffer(message));
    asio::read(near, asio::buffer(message));
  });
  near.close();
  echo.join();
  return median;
}

}  // namespace

Floor measure_floor(const std::filesystem::path& folder) {
  return {measure_force(folder), measure_round_trip()};
}

}  // namespace assent::bench
