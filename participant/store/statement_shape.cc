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
    look_for_or();
    if (!shape_.refusal.empty() || tokens_.empty() || reads_by_in()) {
      return std::move(shape_);
    }
    if (tokens_[0].is_word("SELECT")) {
      keyed_read();
    } else if (tokens_[0].is_word("UPDATE") || tokens_[0].is_word("DELETE")) {
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

  void look_for_or() {
    for (std::size_t index = 0; index < tokens_.size(); ++index) {
      const bool has_or = (word(index, "INSERT") || word(index, "UPDATE")) && word(index + 1, "OR");
      shape_.has_conflict_handling = shape_.has_conflict_handling || has_or || word(index, "REPLACE");
      if (has_or && word(index + 2, "FAIL")) {
        // Its rows before the failure would stay: half a statement.
        shape_.refusal = "OR FAIL keeps half of a failed statement: use OR ABORT, which is what you get without OR";
      }
    }
  }

  // `x IN name` reads a table without a SELECT.
  bool reads_by_in() const {
    for (std::size_t index = 0; index < tokens_.size(); ++index) {
      if (word(index, "IN") && !symbol(index + 1, '(')) {
        return true;
      }
    }
    return false;
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

  // Another name of the table, behind it.
  void take_alias(std::size_t& at) {
    if (word(at, "AS") && name(at + 1)) {
      alias_ = tokens_[at + 1].text;
      at += 2;
    } else if (name(at) && !word(at, "WHERE") && !word(at, "SET") && !word(at, "INDEXED") && !word(at, "NOT")) {
      alias_ = tokens_[at].text;
      ++at;
    }
  }

  // ---- UPDATE, DELETE and SELECT ----

  void keyed_write() {
    const bool is_update = tokens_[0].is_word("UPDATE");
    auto after = behind_target(is_update ? 1 : 2);
    if (!after || target_.has_conflict_clause) {
      return;
    }
    take_alias(*after);
    if (is_update ? !word(*after, "SET") : !word(1, "FROM") || !word(*after, "WHERE")) {
      return;
    }
    if (has_keyed_where(*after)) {
      shape_.kind = StatementShape::Kind::kKeyedWrite;
    }
  }

  void keyed_read() {
    std::size_t from = 1;
    for (int depth = 0; from < tokens_.size() && !(depth == 0 && word(from, "FROM")); ++from) {
      depth += symbol(from, '(') ? 1 : symbol(from, ')') ? -1 : 0;
    }
    auto after = behind_target(from + 1);
    if (!after || has_word("SELECT", 1) || has_word("WITH")) {
      return;
    }
    take_alias(*after);
    if (word(*after, "WHERE") && has_keyed_where(*after)) {
      shape_.kind = StatementShape::Kind::kKeyedRead;
    }
  }

  // From `from` on: is there a WHERE that is a conjunction, and names the whole primary key?
  bool has_keyed_where(std::size_t from) {
    for (const std::string_view unsure :
         {"SELECT", "FROM", "CASE", "BETWEEN", "WITH", "UNION", "INTERSECT", "EXCEPT"}) {
      if (has_word(unsure, from)) {
        return false;
      }
    }
    std::vector<std::optional<Operand>> key(target_.primary_key.size());
    int depth = 0;
    bool in_where = false;
    std::size_t term = 0;
    for (std::size_t at = from; at <= tokens_.size(); ++at) {
      const bool at_end = at == tokens_.size() || (depth == 0 && ends_where(at));
      if (in_where && depth == 0 && (at_end || word(at, "AND"))) {
        if (!take_term(term, at, key)) {
          return false;
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
        return false;
      }
      depth += symbol(at, '(') ? 1 : symbol(at, ')') ? -1 : 0;
    }
    for (auto& operand : key) {
      if (!operand) {
        return false;
      }
      shape_.key.push_back(std::move(*operand));
    }
    return !key.empty();
  }

  bool ends_where(std::size_t at) const {
    if (symbol(at, ';')) {
      return true;
    }
    for (const std::string_view next : {"RETURNING", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT"}) {
      if (word(at, next)) {
        return true;
      }
    }
    return false;
  }

  // One part of the conjunction: `column = operand` of a key column is kept, all else is a condition on the row.
  bool take_term(std::size_t from, std::size_t end, std::vector<std::optional<Operand>>& key) {
    if (end <= from) {
      return false;
    }
    const bool is_qualified = name(from) && symbol(from + 1, '.') && is_table(tokens_[from].text);
    std::size_t column = is_qualified ? from + 2 : from;
    std::optional<Operand> known;
    if (end > column + 2 && name(column) && symbol(column + 1, '=')) {
      known = operand(column + 2, end);
    } else if (end - from > 2 && name(end - 1) && symbol(end - 2, '=')) {
      column = end - 1;
      known = operand(from, end - 2);
    }
    if (!known) {
      return true;
    }
    for (std::size_t index = 0; index < key.size(); ++index) {
      if (!key[index] && is_column(target_.primary_key[index].column, tokens_[column].text)) {
        key[index] = std::move(known);
        break;
      }
    }
    return true;
  }

  bool is_table(std::string_view text) const {
    return to_lower(text) == to_lower(alias_.empty() ? target_.name : alias_);
  }

  // A rowid that a column shows has three more names, unless columns have them.
  bool is_column(std::size_t column, std::string_view text) const {
    const Column& wanted = target_.columns[column];
    const bool is_rowid_here = wanted.is_rowid || target_.integer_key == column;
    return target_.column(text) == column || (is_rowid_here && is_rowid(text) && !target_.column(text));
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
    if (word(at, "DEFAULT") && word(at + 1, "VALUES")) {
      shape_.may_choose_key = true;
      at += 2;
    } else if (word(at, "VALUES")) {
      shape_.may_choose_key = !place.has_value();
      at = behind_rows(at + 1, place);
    } else {
      return;
    }
    const bool at_end = at == tokens_.size() || word(at, "RETURNING") || symbol(at, ';');
    if (plain && at_end && !unsure_) {
      shape_.kind = StatementShape::Kind::kPlainInsert;
    }
  }

  // Generated columns have no place in VALUES without a list.
  std::optional<std::size_t> integer_key_among_written() const {
    if (!target_.integer_key) {
      return std::nullopt;
    }
    const auto first = target_.columns.begin();
    return static_cast<std::size_t>(std::count_if(first, first + static_cast<std::ptrdiff_t>(*target_.integer_key),
                                                  [](const Column& column) { return !column.is_generated; }));
  }

  // Where in each row of VALUES the INTEGER PRIMARY KEY stands. Moves `at` behind the list of columns.
  std::optional<std::size_t> key_place(std::size_t& at) {
    if (!symbol(at, '(')) {
      return integer_key_among_written();
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
      if (!column && target_.hidden_rowid && target_.identity != RowIdentity::kRowid && is_rowid(tokens_[at].text)) {
        shape_.refusal = "`" + tokens_[at].text + "` of table `" + target_.name +
                         "` is a hidden number that means nothing outside a statement: leave it out";
      }
      if (target_.integer_key && (column ? *column == *target_.integer_key : is_rowid(tokens_[at].text))) {
        unsure_ = unsure_ || place.has_value();  // named twice: which of the values counts?
        place = count;
      }
    }
    ++at;
    return place;
  }

  // The position behind VALUES (…), (…).
  std::size_t behind_rows(std::size_t at, std::optional<std::size_t> place) {
    while (symbol(at, '(')) {
      std::size_t column = 0;
      std::size_t begin = ++at;
      int depth = 1;
      for (; at < tokens_.size() && depth > 0; ++at) {
        depth += symbol(at, '(') ? 1 : symbol(at, ')') ? -1 : 0;
        if (depth == 0 || (depth == 1 && symbol(at, ','))) {
          if (place && column == *place) {
            take_inserted_key(begin, at);
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
    return at;
  }

  void take_inserted_key(std::size_t from, std::size_t end) {
    if (auto known = operand(from, end)) {
      shape_.inserted_keys.push_back(std::move(*known));
    } else {
      shape_.may_choose_key = true;  // NULL, or an expression that may be
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
  std::string alias_;
  bool unsure_ = false;
};

}  // namespace

StatementShape recognise(const std::vector<Token>& tokens, const TableSchema* table) {
  static const TableSchema none;
  return Recogniser(tokens, table != nullptr ? *table : none).run();
}

const Value& value_of(const Operand& operand, const std::vector<Value>& parameters) {
  static const Value null = nullptr;
  if (const auto* parameter = std::get_if<ParameterNumber>(&operand)) {
    return parameter->number <= parameters.size() ? parameters[parameter->number - 1] : null;
  }
  return std::get<Value>(operand);
}

}  // namespace assent::participant
