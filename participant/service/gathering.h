// Gathering: an answer that several threads add to, and that the network thread goes on with.
//
// Every thread that is asked holds a share. When the last share is gone, answered or dropped, `then` runs on the
// network thread with what came together: a store that goes offline holds nobody up.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace assent::participant {

template <typename T>
class Gathering {
 public:
  using Then = std::function<void(T&)>;

  Gathering(boost::asio::io_context& io, T initial, Then then)
      : io_(io), value_(std::move(initial)), then_(std::move(then)) {}
  Gathering(const Gathering&) = delete;
  Gathering& operator=(const Gathering&) = delete;
  ~Gathering() {
    boost::asio::post(io_, [value = std::move(value_), then = std::move(then_)]() mutable { then(value); });
  }

  // Any thread.
  template <typename Change>
  void add(Change change) {
    const std::lock_guard lock(mutex_);
    change(value_);
  }

 private:
  boost::asio::io_context& io_;
  std::mutex mutex_;
  T value_;
  Then then_;
};

template <typename T>
std::shared_ptr<Gathering<T>> gather(boost::asio::io_context& io, T initial, typename Gathering<T>::Then then) {
  return std::make_shared<Gathering<T>>(io, std::move(initial), std::move(then));
}

}  // namespace assent::participant
