// Who speaks to a branch table in a random history: one coordinator, its earlier starts, and copies of it.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "participant/core/events.h"

namespace assent::participant {

// That the coordinators mean, and a branch table is.
inline constexpr Opening kOpening{7};

inline CoordinatorView view_of(const CoordinatorLine& line, std::uint64_t released = 0) {
  return {.line = line, .address = "there", .released = {.through = Position{released}, .except = {}}};
}

// Whoever has seen the one may not hear the other.
inline bool is_fenced_by(const CoordinatorLine& seen, const CoordinatorLine& line) {
  return line.epoch < seen.epoch || (line.epoch == seen.epoch && line.nonce != seen.nonce);
}

// Who says it, if a coordinator does, and to this opening.
inline std::optional<CoordinatorLine> speaker_of(const Event& event) {
  return std::visit(
      [](const auto& any) -> std::optional<CoordinatorLine> {
        if constexpr (requires { any.opening; }) {
          if (any.opening != kOpening) return std::nullopt;
        }
        if constexpr (requires { any.coordinator->line; }) {
          return any.coordinator->line;
        } else if constexpr (requires { any.coordinator.line; }) {
          return any.coordinator.line;
        } else {
          return std::nullopt;
        }
      },
      event);
}

}  // namespace assent::participant
