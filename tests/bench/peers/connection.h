// Connection: a client's way to one database server, which runs one message of SQL at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace assent::bench {

// What a server made of a message.
struct Reply {
  std::uint64_t changed_rows = 0;  // by all its statements together
  std::string error;               // of the first statement that failed: those behind it did not run; empty: none did
};

class Connection {
 public:
  using OnReply = std::function<void(const Reply&)>;

  virtual ~Connection() = default;

  // Sends the statements, none of which returns rows, in one message, and hears of them later, from the io_context.
  // REQUIRES: no message is under way.
  virtual void run(const std::string& statements, OnReply on_reply) = 0;

  // The first value of the query's first row; empty if there is none. Waits for it. Throws std::runtime_error.
  virtual std::string ask(const std::string& query) = 0;
};

}  // namespace assent::bench
