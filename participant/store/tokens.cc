#include "participant/store/tokens.h"

#include <algorithm>
#include <utility>

namespace assent::participant {

namespace {

bool is_space(char letter) {
  return letter == ' ' || letter == '\t' || letter == '\n' || letter == '\f' || letter == '\r';
}

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

// Letters of names: SQLite takes every byte above 127 as one.
bool is_name_letter(char letter) {
  return is_digit(letter) || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || letter == '_' ||
         letter == '$' || static_cast<unsigned char>(letter) > 127;
}

char upper(char letter) {
  return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
}

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view sql) : sql_(sql) {}

  std::optional<std::vector<Token>> run() {
    while (at_ < sql_.size()) {
      if (is_space(sql_[at_])) {
        // SQLite goes on over a vertical tab, but does not begin with one.
        do {
          ++at_;
        } while (at_ < sql_.size() && (is_space(sql_[at_]) || sql_[at_] == '\v'));
      } else if (starts_with("\xEF\xBB\xBF")) {
        at_ += 3;  // a byte-order mark is white space, but a part of the name if letters are before it
      } else if (starts_with("--")) {
        at_ = std::min(sql_.find('\n', at_), sql_.size());
      } else if (starts_with("/*")) {
        const std::size_t end = sql_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? sql_.size() : end + 2;  // SQLite lets the end of the text end it
      } else if (!next_token()) {
        return std::nullopt;
      }
    }
    return std::move(tokens_);
  }

 private:
  bool starts_with(std::string_view text) const { return sql_.substr(at_, text.size()) == text; }

  bool next_token() {
    const char first = sql_[at_];
    if (first == '\'') {
      return quoted('\'', TokenKind::kText);
    }
    if (first == '"' || first == '`') {
      return quoted(first, TokenKind::kQuotedName);
    }
    if (first == '[') {
      return quoted(']', TokenKind::kQuotedName);
    }
    if ((first == 'x' || first == 'X') && at_ + 1 < sql_.size() && sql_[at_ + 1] == '\'') {
      ++at_;
      return quoted('\'', TokenKind::kBlob);
    }
    if (is_digit(first) || (first == '.' && at_ + 1 < sql_.size() && is_digit(sql_[at_ + 1]))) {
      take(number_end(), TokenKind::kNumber);
    } else if (first == '?') {
      take(digits_end(at_ + 1), TokenKind::kParameter);
    } else if (const std::size_t end = named_parameter_end(); end != at_) {
      take(end, TokenKind::kParameter);
    } else if (is_name_letter(first)) {
      take(name_end(at_), TokenKind::kWord);
    } else {
      take(at_ + 1, TokenKind::kSymbol);
    }
    return true;
  }

  std::size_t name_end(std::size_t from) const {
    while (from < sql_.size() && is_name_letter(sql_[from])) {
      ++from;
    }
    return from;
  }

  std::size_t digits_end(std::size_t from) const {
    while (from < sql_.size() && is_digit(sql_[from])) {
      ++from;
    }
    return from;
  }

  // `:name`, `@name`, `$name`, any of them with `::` within and one `(…)` without white space behind, as in Tcl
  // (sqlite3GetToken() of tokenize.c). Where it begins, if none begins here.
  std::size_t named_parameter_end() const {
    if (sql_[at_] != ':' && sql_[at_] != '@' && sql_[at_] != '$' && sql_[at_] != '#') {
      return at_;
    }
    bool has_letters = false;
    std::size_t end = at_ + 1;
    while (end < sql_.size()) {
      if (is_name_letter(sql_[end])) {
        has_letters = true;
        ++end;
      } else if (sql_.substr(end, 2) == "::") {
        end += 2;
      } else {
        break;
      }
    }
    if (has_letters && end < sql_.size() && sql_[end] == '(') {
      end = std::min(sql_.find(')', end), sql_.size() - 1) + 1;
    }
    return has_letters ? end : at_;
  }

  // Letters belong to it too: 0x1f, 1e5, and what SQLite will call an unrecognised token.
  std::size_t number_end() const {
    std::size_t end = at_;
    while (end < sql_.size() && (is_name_letter(sql_[end]) || sql_[end] == '.' ||
                                 ((sql_[end] == '+' || sql_[end] == '-') && upper(sql_[end - 1]) == 'E' &&
                                  upper(sql_[at_ + 1 < end ? at_ + 1 : at_]) != 'X'))) {
      ++end;
    }
    return end;
  }

  void take(std::size_t end, TokenKind kind) {
    tokens_.push_back({kind, std::string(sql_.substr(at_, end - at_))});
    at_ = end;
  }

  // A doubled quote stands for itself, but in [names].
  bool quoted(char end, TokenKind kind) {
    Token token{kind, {}};
    for (++at_; at_ < sql_.size(); ++at_) {
      if (sql_[at_] == end) {
        if (end == ']' || at_ + 1 >= sql_.size() || sql_[at_ + 1] != end) {
          ++at_;
          tokens_.push_back(std::move(token));
          return true;
        }
        ++at_;
      }
      token.text += sql_[at_];
    }
    return false;
  }

  std::string_view sql_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

bool Token::is_word(std::string_view upper_case) const {
  return kind == TokenKind::kWord && std::equal(text.begin(), text.end(), upper_case.begin(), upper_case.end(),
                                                [](char letter, char wanted) { return upper(letter) == wanted; });
}

std::optional<std::vector<Token>> tokenize(std::string_view sql) {
  return Tokenizer(sql).run();
}

}  // namespace assent::participant
