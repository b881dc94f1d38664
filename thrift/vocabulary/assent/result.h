// Expected failures, outside the cores: a value, or an error that says what the caller knows now.
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace assent {

enum class ErrorKind {
  kInvalidInput,  // the caller's request is wrong; nothing happened
  kNotFound,      // a file, store or transaction that was named does not exist; nothing happened
  kConflict,      // somebody else holds it (a file lock, an address); nothing happened
  kCorrupt,       // data on disk is not what was written; nothing was changed
  kIo,            // the operating system failed; what was being written may or may not be on disk
  kUnavailable,   // not sent, or refused for now; nothing happened
  kOverloaded,    // a queue or limit is full; nothing happened
  kUnknown,       // sent, and no answer came: it may have happened
  kFenced,        // the other side has seen a newer start of this coordinator; nothing happened
  kWrongVersion,  // the other side speaks another version of the protocol; nothing happened
};

struct Error {
  ErrorKind kind = ErrorKind::kInvalidInput;
  std::string message;  // names the thing and the remedy
};

template <typename T>
using Result = boost::system::result<T, Error>;

// What Result<T>::value() throws where no value is.
class ResultError : public std::runtime_error {
 public:
  explicit ResultError(Error error) : std::runtime_error(error.message), error_(std::move(error)) {}
  const Error& error() const noexcept { return error_; }

 private:
  Error error_;
};

[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location& /*where*/) {
  throw ResultError(error);
}

}  // namespace assent
