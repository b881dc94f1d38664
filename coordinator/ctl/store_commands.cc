// What an operator orders of a whole store.
#include <fstream>
#include <sstream>
#include <system_error>

#include "coordinator/ctl/commands.h"
#include "coordinator/ctl/words.h"
#include "thrift/rpc/methods.h"

namespace assent::ctl {

namespace methods = rpc::methods;

// ---- schema apply ----

namespace {

// It travels in one message, beside little else.
constexpr std::uintmax_t kMostBytes = 4U << 20U;

Result<std::string> read_schema(const std::filesystem::path& file) {
  const auto fail = [&file](const std::string& why) {
    return Error{ErrorKind::kInvalidInput, file.string() + ": " + why};
  };
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    return fail(error ? error.message() + "; check the path" : "is not a file; name a file of SQL");
  }
  const auto bytes = std::filesystem::file_size(file, error);
  if (error) return fail(error.message() + "; check the path");
  if (bytes > kMostBytes) {
    return fail("has " + std::to_string(bytes) + " bytes, and a schema file at most " + std::to_string(kMostBytes) +
                ": load data by transactions, or split the file");
  }
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) return fail("cannot be read; check its permissions");
  return text.str();
}

}  // namespace

Result<Report> apply_schema(Console& console, const std::string& store, const std::filesystem::path& file) {
  auto text = read_schema(file);
  if (!text) return text.error();
  const auto address = console.locate(store);
  if (!address) return address.error();
  wire::ApplySchemaRequest request;
  request.store = store;
  request.text = std::move(*text);
  const auto answer = console.call(*address, methods::kApplySchema, request);
  if (!answer) {
    auto error = answer.error();
    if (error.kind == ErrorKind::kInvalidInput) error.kind = ErrorKind::kConflict;  // of the file, not of this command
    if (error.kind == ErrorKind::kUnknown) {
      error.message += "; whether it was applied is unknown: give the command again, for a text is applied once only";
    }
    return error;
  }
  const auto version = std::to_string(answer->version);
  return Report{Json::Object{{"store", store},
                             {"version", answer->version},
                             {"applied_before", static_cast<bool>(answer->applied_before)}},
                answer->applied_before
                    ? "store `" + store + "` was given this very text before, as version " + version +
                          " of its schema: nothing was done (to run it again, change a comment in it)\n"
                    : "store `" + store + "` has version " + version + " of its schema\n"};
}

// ---- acknowledge-write ----

Result<Report> acknowledge_write(Console& console, const std::string& store, const std::string& reason) {
  if (is_blank(reason)) {
    return Error{ErrorKind::kInvalidInput, "--reason is empty: say what was found, it is kept in the log"};
  }
  const auto address = console.locate(store);
  if (!address) return address.error();
  wire::AcknowledgeWriteRequest request;
  request.store = store;
  request.reason = who() + ": " + reason;
  const auto answer = console.call(*address, methods::kAcknowledgeWrite, request);
  if (!answer) return answer.error();
  return Report{Json::Object{{"store", store}, {"foreign_write", answer->foreign_write}},
                "store `" + store + "` votes again; acknowledged: " + answer->foreign_write + "\n"};
}

}  // namespace assent::ctl
