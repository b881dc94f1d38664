#include "coordinator/ctl/words.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>

#include "thrift/daemon/units.h"
#include "thrift/rpc/convert.h"

namespace assent::ctl {

std::string hex(std::int64_t identity) {
  return to_hex(static_cast<std::uint64_t>(identity));
}

std::string age(std::int64_t milliseconds) {
  return daemon::to_readable(std::chrono::milliseconds(milliseconds));
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::vector<std::string> to_texts(const std::vector<wire::TransactionId>& ids) {
  std::vector<std::string> texts;
  for (const auto& id : ids) texts.push_back(to_string(rpc::from_wire(id)));
  return texts;
}

std::vector<std::string> to_people(const std::vector<wire::TransactionId>& ids) {
  auto texts = to_texts(ids);
  std::replace(texts.begin(), texts.end(), to_string(TransactionId{}), std::string("(schema change)"));
  return texts;
}

std::string who() {
  const auto* const entry = getpwuid(geteuid());
  return entry != nullptr ? entry->pw_name : "uid " + std::to_string(geteuid());
}

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

Result<TransactionId> parse_id(const std::string& text) {
  const auto id = parse_transaction_id(text);
  if (id) return *id;
  return Error{ErrorKind::kInvalidInput,
               "`" + text + "` is not a transaction id: write it as it is listed, like 9f0c1a22b7d34e10-7-1042"};
}

}  // namespace assent::ctl
