// describe(): one line for a person, of any message, answer or effect of the cores.
#pragma once

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <typeinfo>
#include <variant>

#include "assent/outcome.h"
#include "assent/transaction_id.h"

namespace assent::simulation {

// `1-2-17`: as to_string() prints it, without the leading zeros.
inline std::string describe(const TransactionId& id) {
  const std::string text = to_string(id);
  return text.substr(text.find_first_not_of('0'));
}

template <typename Message>
std::string describe(const Message& message) {
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(typeid(Message).name(), nullptr, nullptr, nullptr), &std::free);
  std::string text = name.get();
  text.erase(0, text.rfind(':') + 1);
  if constexpr (requires { message.id; }) text += ' ' + describe(message.id);
  if constexpr (requires { to_string(message.branch); }) text += " branch " + to_string(message.branch);
  if constexpr (requires { message.statement_number; }) text += " #" + std::to_string(message.statement_number);
  if constexpr (requires { to_string(message.vote); }) text.append(" ").append(to_string(message.vote));
  if constexpr (requires { to_string(message.decision); }) text.append(" ").append(to_string(message.decision));
  if constexpr (requires { to_string(message.kind); }) text.append(" ").append(to_string(message.kind));
  if constexpr (requires { message.result == decltype(message.result)::kNotMine; }) {
    text += " result " + std::to_string(static_cast<int>(message.result));
  }
  if constexpr (requires { message.commit; }) text += " @" + std::to_string(static_cast<std::uint64_t>(message.commit));
  for (const AbortCause* cause : [&] {
         std::vector<const AbortCause*> causes;
         if constexpr (requires { message.cause; }) causes.push_back(&message.cause);
         if constexpr (requires { message.failure; }) causes.push_back(&message.failure);
         if constexpr (requires { message.ended; }) causes.push_back(&message.ended);
         return causes;
       }()) {
    if (cause->reason != AbortReason::kNone) {
      text.append(" (").append(to_string(cause->reason)).append(": ").append(cause->detail).append(")");
    }
  }
  if constexpr (requires { message.message; }) text += ": " + message.message;
  if constexpr (requires { message.detail.size(); }) text += ' ' + message.detail;
  return text;
}

template <typename... Alternatives>
std::string describe(const std::variant<Alternatives...>& message) {
  return std::visit([](const auto& held) { return describe(held); }, message);
}

}  // namespace assent::simulation
