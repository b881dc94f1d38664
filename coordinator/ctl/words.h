// How assentctl writes and reads what the wire carries.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "assent/result.h"
#include "assent/transaction_id.h"
#include "assent_types.h"

namespace assent::ctl {

// An identity that travels as an i64.
std::string hex(std::int64_t identity);

// An age for people; the wire has milliseconds.
std::string age(std::int64_t milliseconds);

std::string join(const std::vector<std::string>& words);
std::vector<std::string> to_texts(const std::vector<wire::TransactionId>& ids);
// The same, but for zeros, with which a store means a change of its schema.
std::vector<std::string> to_people(const std::vector<wire::TransactionId>& ids);

// The name of who runs this program.
std::string who();

bool is_blank(const std::string& text);

// An error shows what an id looks like.
Result<TransactionId> parse_id(const std::string& text);

}  // namespace assent::ctl
