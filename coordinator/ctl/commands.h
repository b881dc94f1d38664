// The commands of assentctl. Each asks, and reports; an error says what went wrong and what to do.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

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

// ---- counters_command.cc ----

// What the coordinator and all participants have done; of one participant alone, if one is named.
Result<Report> counters(Console& console);

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

// ---- store_commands.cc ----

// Changes the schema of a store, whole or not at all.
Result<Report> apply_schema(Console& console, const std::string& store, const std::filesystem::path& file);
// Lets a store vote yes again after another program has written to it.
Result<Report> acknowledge_write(Console& console, const std::string& store, const std::string& reason);

// ---- log_commands.cc ----

// Both read only, also the log of a running coordinator.
Result<Report> log_verify(const std::filesystem::path& directory);
// A log may be large: makes the JSON or the text, not both.
Result<Report> log_dump(const std::filesystem::path& directory, bool as_json);

// ---- restore_command.cc ----

struct RestoreOrder {
  std::filesystem::path directory;
  std::vector<std::string> stores;   // NAME=HOST:PORT, of those that are elsewhere than the log says, or newer
  std::vector<std::string> without;  // lost for good
};

// Makes an old copy of a log one that a coordinator can go on with: asks every store what it knows of the log's end.
Result<Report> log_restore(Console& console, const RestoreOrder& order);

}  // namespace assent::ctl
