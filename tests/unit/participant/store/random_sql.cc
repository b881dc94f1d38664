#include "tests/unit/participant/store/random_sql.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/sanitized.h"

namespace assent::participant {

namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

std::uint64_t run_worlds(std::uint64_t usual, const std::function<void(std::uint64_t seed)>& run) {
  const std::uint64_t first = number_from("ASSENT_SEED", 1);
  const std::uint64_t worlds = number_from("ASSENT_WORLDS", unless_sanitized(usual));
  std::printf("seeds %llu to %llu\n", static_cast<unsigned long long>(first),
              static_cast<unsigned long long>(first + worlds - 1));
  for (std::uint64_t seed = first; seed < first + worlds && !testing::Test::HasFailure(); ++seed) {
    run(seed);
  }
  return worlds;
}

std::string RandomSql::joined(const std::vector<std::string>& parts, const std::string& between) {
  std::string text;
  for (const std::string& part : parts) {
    text += (text.empty() ? "" : between) + part;
  }
  return text;
}

}  // namespace assent::participant
