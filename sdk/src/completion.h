// How an operation of the client ends: with a value, or with one of the exceptions of assent/errors.h.
#pragma once

#include <boost/system/result.hpp>
#include <exception>
#include <functional>
#include <utility>

namespace assent::sdk {

// value() throws the exception.
template <typename T>
using Attempt = boost::system::result<T, std::exception_ptr>;

// Called exactly once.
template <typename T>
using Completion = std::function<void(Attempt<T>)>;

template <typename Exception, typename... Arguments>
std::exception_ptr failure(Arguments&&... arguments) {
  return std::make_exception_ptr(Exception(std::forward<Arguments>(arguments)...));
}

}  // namespace assent::sdk
