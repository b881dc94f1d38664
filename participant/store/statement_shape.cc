#include "participant/store/statement_shape.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace assent::participant {

namespace {

using Tokens = std::span<const Token>;

bool is_rowid(std::string_view name) {
  const std::string lower = to_lower(name);
  return lower == "rowid" || lower == "oid" || lower == "_rowid_";
}

// Which parameter each parameter token is (https://www.sqlite.org/lang_expr.html#varparam).
std::vector<std::size_t> number_parameters(Tokens tokens) {
  std::vector<std::size_t> numbers(tokens.size());
  std::map<std::string, std::size_t> names;
  std::size_t largest = 0;
  for (std::size_t index = 0; index < tokens.size(); ++index) {
    const std::string& text = tokens[index].text;
    if (tokens[index].kind != TokenKind::kParameter) {
      continue;
    }
    std::size_t number = largest + 1;
    if (text.size() > 1 && text[0] == '?') {
      std::from_chars(text.data() + 1, text.data() + text.size(), number);
    } else if (text.size() > 1) {
      number = names.emplace(text, number).first->second;
    }
    largest = std::max(largest, number);
    numbers[index] = number;
  }
  return numbers;
}

class Recogniser {
 public:
  Recogniser(Tokens tokens, const TableSchema& target)
      : tokens_(tokens), target_(target), parameters_(number_parameters(tokens)) {}

  StatementShape run() {
    refuse_or_fail();
    if (!shape_.refusal.empty() || tokens_.empty()) {
      return std::move(shape_);
    }
    if (tokens_[0].is_word("UPDATE") || tokens_[0].is_word("DELETE")) {
      keyed_write();
    } else {
      insert();
    }
    return std::move(shape_);
  }

 private:
  bool word(std::size_t at, std::string_view upper_case) const {
    return at < tokens_.size() && tokens_[at].is_word(upper_case);
  }
  bool symbol(std::size_t at, char symbol) const { return at < tokens_.size() && tokens_[at].is_symbol(symbol); }
  bool name(std::size_t at) const { return at < tokens_.size() && tokens_[at].is_name(); }

  bool has_word(std::string_view upper_case, std::size_t from = 0) const {
    return std::any_of(tokens_.begin() + static_cast<std::ptrdiff_t>(std::min(from, tokens_.size())), tokens_.end(),
                       [&](const Token& token) { return token.is_word(upper_case); });
  }

  // Its rows before the failure would stay: half a statement.
  void refuse_or_fail() {
    for (std::size_t index = 0; index + 2 < tokens_.size(); ++index) {
      if ((word(index, "INSERT") || word(index, "UPDATE")) && word(index + 1, "OR") && word(index + 2, "FAIL")) {
        shape_.refusal = "OR FAIL keeps half of a failed statement: use OR ABORT, which is what you get without OR";
      }
    }
  }

  // The position behind `[schema .] table`, or nothing if the target does not stand there. A text is a name here.
  std::optional<std::size_t> behind_target(std::size_t at) const {
    const auto is_name = [this](std::size_t place) {
      return name(place) || (place < tokens_.size() && tokens_[place].kind == TokenKind::kText);
    };
    if (is_name(at) && symbol(at + 1, '.')) {
      at += 2;
    }
    if (!is_name(at) || to_lower(tokens_[at].text) != to_lower(target_.name)) {
      return std::nullopt;
    }
    return at + 1;
  }

  // ---- UPDATE and DELETE ----

  void keyed_write() {
    const bool is_update = tokens_[0].is_word("UPDATE");
    const auto after = behind_target(is_update ? 1 : 2);
    if (!after || (is_update ? !word(*after, "SET") : !word(1, "FROM") || !word(*after, "WHERE"))) {
      return;
    }
    for (const std::string_view unsure : {"SELECT", "FROM", "LIMIT", "ORDER", "CASE", "BETWEEN", "WITH"}) {
      if (has_word(unsure, *after)) {
        return;
      }
    }
    if (target_.has_conflict_clause) {
      return;
    }
    std::vector<std::optional<Operand>> key(target_.primary_key.size());
    int depth = 0;
    bool in_where = false;
    std::size_t term = 0;
    for (std::size_t at = *after; at <= tokens_.size(); ++at) {
      const bool at_end = at == tokens_.size() || (depth == 0 && (tokens_[at].is_word("RETURNING") || symbol(at, ';')));
      if (in_where && depth == 0 && (at_end || word(at, "AND"))) {
        if (!take_term(term, at, key)) {
          return;
        }
        term = at + 1;
      }
      if (at_end) {
        break;
      }
      if (depth == 0 && word(at, "WHERE")) {
        in_where = true;
        term = at + 1;
      } else if (in_where && depth == 0 && word(at, "OR")) {
        return;
      }
      depth += symbol(at, '(') ? 1 : symbol(at, ')') ? -1 : 0;
    }
    for (auto& operand : key) {
      if (!operand) {
        return;
      }
      shape_.key.push_back(std::move(*operand));
    }
    shape_.kind = StatementShape::Kind::kKeyedWrite;
  }

  // One part of the conjunction: `column = operand` of a key column is kept, all else is a condition on the row.
  bool take_term(std::size_t from, std::size_t end, std::vector<std::optional<Operand>>& key) {
    if (end <= from) {
      return false;
    }
    std::size_t column = from;
    std::optional<Operand> known;
    if (end - from > 2 && name(from) && symbol(from + 1, '=')) {
      known = operand(from + 2, end);
    } else if (end - from > 2 && name(end - 1) && symbol(end - 2, '=')) {
      column = end - 1;
      known = operand(from, end - 2);
    }
    if (!known) {
      return true;
    }
    for (std::size_t index = 0; index < key.size(); ++index) {
      const Column& candidate = target_.columns[target_.primary_key[index].column];
      if (!key[index] && to_lower(candidate.name) == to_lower(tokens_[column].text)) {
        key[index] = std::move(known);
        break;
      }
    }
    return true;
  }

  // ---- INSERT ----

  void insert() {
    std::size_t at = 0;
    for (int depth = 0; at < tokens_.size(); ++at) {
      if (depth == 0 && (word(at, "INSERT") || word(at, "REPLACE"))) {
        break;
      }
      depth += symbol(at, '(') ? 1 : symbol(at, ')') ? -1 : 0;
    }
    bool plain = at == 0 && word(at, "INSERT") && word(at + 1, "INTO") && !target_.has_conflict_clause &&
                 !has_word("SELECT") && !has_word("WITH");
    at += word(at + 1, "OR") ? 3 : 1;
    const auto after = word(at, "INTO") ? behind_target(at + 1) : std::nullopt;
    if (!after) {
      return;
    }
    at = *after + (word(*after, "AS") ? 2 : 0);
    const auto place = key_place(at);
    if (!shape_.refusal.empty()) {
      return;
    }
    if (word(at, "DEFAULT")) {
      refuse_chosen_key();
      return;
    }
    if (!word(at, "VALUES")) {
      return;
    }
    plain = rows(at + 1, place, plain);
    if (plain && !unsure_ && shape_.refusal.empty()) {
      shape_.kind = StatementShape::Kind::kPlainInsert;
    }
  }

  // Where in each row of VALUES the INTEGER PRIMARY KEY stands. Moves `at` behind the list of columns.
  std::optional<std::size_t> key_place(std::size_t& at) {
    if (!symbol(at, '(')) {
      return target_.integer_key;
    }
    std::optional<std::size_t> place;
    std::size_t count = 0;
    for (++at; at < tokens_.size() && !symbol(at, ')'); ++at) {
      if (symbol(at, ',')) {
        ++count;
        continue;
      }
      // SQLite takes a text for a name here.
      const auto column = target_.column(tokens_[at].text);
      if (!column && target_.hidden_rowid && is_rowid(tokens_[at].text)) {
        shape_.refusal = "`" + tokens_[at].text + "` of table `" + target_.name +
                         "` is a hidden number that means nothing outside a statement: leave it out";
      }
      if (target_.integer_key && (column ? *column == *target_.integer_key : is_rowid(tokens_[at].text))) {
        unsure_ = unsure_ || place.has_value();  // named twice: which of the values counts?
        place = count;
      }
    }
    ++at;
    if (!place && target_.integer_key) {
      refuse_chosen_key();
    }
    return place;
  }

  // VALUES (…), (…) and nothing but RETURNING behind.
  bool rows(std::size_t at, std::optional<std::size_t> place, bool plain) {
    while (symbol(at, '(')) {
      std::size_t column = 0;
      std::size_t begin = ++at;
      int depth = 1;
      for (; at < tokens_.size() && depth > 0; ++at) {
        depth += symbol(at, '(') ? 1 : symbol(at, ')') ? -1 : 0;
        if (depth == 0 || (depth == 1 && symbol(at, ','))) {
          if (place && column == *place && !take_inserted_key(begin, at)) {
            plain = false;
          }
          ++column;
          begin = at + 1;
        }
      }
      if (!symbol(at, ',')) {
        break;
      }
      ++at;
    }
    return plain && (at == tokens_.size() || word(at, "RETURNING") || symbol(at, ';'));
  }

  bool take_inserted_key(std::size_t from, std::size_t end) {
    if (end == from + 1 && word(from, "NULL")) {
      refuse_chosen_key();
      return false;
    }
    auto known = operand(from, end);
    if (!known) {
      return false;
    }
    shape_.inserted_keys.push_back(std::move(*known));
    return true;
  }

  void refuse_chosen_key() {
    if (target_.integer_key) {
      shape_.refusal = "SQLite would choose the key of a row of `" + target_.name +
                       "`: automatically chosen keys are not supported; give a value for `" +
                       target_.columns[*target_.integer_key].name + "`";
    }
  }

  // A single parameter or literal; nothing for all else.
  std::optional<Operand> operand(std::size_t from, std::size_t end) const {
    const bool negative = end == from + 2 && symbol(from, '-') && tokens_[from + 1].kind == TokenKind::kNumber;
    if (end != from + 1 && !negative) {
      return std::nullopt;
    }
    const Token& token = tokens_[end - 1];
    if (token.kind == TokenKind::kParameter) {
      return ParameterNumber{parameters_[end - 1]};
    }
    if (token.kind == TokenKind::kText) {
      return Value(token.text);
    }
    std::int64_t number = 0;
    const char* last = token.text.data() + token.text.size();
    if (token.kind == TokenKind::kNumber) {
      const auto [stop, error] = std::from_chars(token.text.data(), last, number);
      if (stop == last && error == std::errc()) {
        return Value(negative ? -number : number);
      }
    }
    return std::nullopt;
  }

  Tokens tokens_;
  const TableSchema& target_;
  std::vector<std::size_t> parameters_;
  StatementShape shape_;
  bool unsure_ = false;
};

}  // namespace

StatementShape recognise(const std::vector<Token>& tokens, const TableSchema& target) {
  return Recogniser(tokens, target).run();
}

const Value& value_of(const Operand& operand, const std::vector<Value>& parameters) {
  static const Value null = nullptr;
  if (const auto* parameter = std::get_if<ParameterNumber>(&operand)) {
    return parameter->number <= parameters.size() ? parameters[parameter->number - 1] : null;
  }
  return std::get<Value>(operand);
}

}  // namespace assent::participant
