// The commands of assentctl. Each asks, and reports; an error says what went wrong and what to do.
#pragma once

#include <filesystem>
#include <string>

#include "assent/isolation_level.h"
#include "assent/outcome.h"
#include "assent/result.h"
#include "coordinator/ctl/console.h"

namespace assent::ctl {

// ---- look_commands.cc ----

Result<Report> status(Console& console);
// Of every store: what the coordinator knows, and what its participant says, if it answers.
Result<Report> stores(Console& console);
Result<Report> transactions(Console& console);
Result<Report> show(Console& console, const std::string& id);

// ---- branch_commands.cc ----

// Every prepared branch of every store, and every one that an operator resolved and no coordinator has confirmed yet.
Result<Report> in_doubt(Console& console);
Result<Report> locks(Console& console, const std::string& store);

struct Resolution {
  std::string id;
  std::string store;
  Decision decision = Decision::kAbort;
  std::string reason;  // why; who is added
};

// Ends a prepared branch by hand, if no coordinator can do it.
Result<Report> resolve(Console& console, const Resolution& resolution);

// ---- sql_command.cc ----

// Runs the statement as a transaction of its own.
Result<Report> sql(Console& console, const std::string& store, const std::string& statement, IsolationLevel level);

// ---- log_commands.cc ----

// Both read only, also the log of a running coordinator.
Result<Report> log_verify(const std::filesystem::path& directory);
// A log may be large: makes the JSON or the text, not both.
Result<Report> log_dump(const std::filesystem::path& directory, bool as_json);

}  // namespace assent::ctl
