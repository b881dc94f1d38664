// SQL text as tokens, as far as the store must understand statements before SQLite does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent::participant {

enum class TokenKind : std::uint8_t {
  kWord,        // a keyword or a bare name
  kQuotedName,  // "name", `name`, [name]
  kNumber,
  kText,       // 'text'
  kBlob,       // x'00ff'
  kParameter,  // ?, ?1, :name, @name, $name, $name::more(any)
  kSymbol,     // one punctuation mark
};

struct Token {
  TokenKind kind = TokenKind::kSymbol;
  std::string text;  // of quoted names and texts: what is between the quotes

  bool is_word(std::string_view upper_case) const;
  bool is_symbol(char symbol) const { return kind == TokenKind::kSymbol && text.size() == 1 && text[0] == symbol; }
  bool is_name() const { return kind == TokenKind::kWord || kind == TokenKind::kQuotedName; }
};

// Without white space and comments. Nothing if a quote or a comment does not end.
std::optional<std::vector<Token>> tokenize(std::string_view sql);

}  // namespace assent::participant
