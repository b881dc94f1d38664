// Met: what the random histories of a branch table have met. A history that meets nothing shows nothing.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>

#include "tests/sanitized.h"

namespace assent::participant {

struct Met {
  std::size_t committed = 0;
  std::size_t wounded = 0;
  std::size_t fenced = 0;        // calls of replaced coordinators
  std::size_t held = 0;          // answers that waited for the line of their call to be durable (F2)
  std::size_t agreed = 0;        // decisions on branches that an operator had resolved the same way
  std::size_t contradicted = 0;  // the other way
  std::size_t unable = 0;        // branches that could not prepare, for the store could promise nothing
  std::size_t applied = 0;       // changes of the schema
  std::size_t overdue = 0;       // changes of the schema that found prepared branches in their way, until the end
  std::size_t refused_by_last_run = 0;
  std::size_t acknowledged = 0;  // foreign writes
  std::size_t testified = 0;

  void expect_enough() const {
    const auto enough = [](std::size_t usual) { return kIsSanitized ? 0 : usual; };
    EXPECT_GT(committed, enough(500));
    EXPECT_GT(wounded, enough(500));
    EXPECT_GT(fenced, enough(500));
    EXPECT_GT(held, enough(100));
    EXPECT_GT(agreed, enough(100));
    EXPECT_GT(contradicted, enough(100));
    EXPECT_GT(unable, enough(100));
    EXPECT_GT(applied, enough(500));
    EXPECT_GT(overdue, enough(100));
    EXPECT_GT(acknowledged, enough(100));
    EXPECT_GT(testified, enough(100));
    EXPECT_GT(refused_by_last_run, enough(30));
  }
};

}  // namespace assent::participant
