// assentctl: what an operator asks of coordinators, participants and decision logs.
#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>

#include "coordinator/ctl/commands.h"
#include "coordinator/ctl/console.h"
#include "thrift/daemon/failpoint.h"
#include "thrift/daemon/network.h"
#include "thrift/daemon/options.h"
#include "thrift/daemon/units.h"

namespace assent::ctl {
namespace {

constexpr const char* kProgram = "assentctl";

struct Arguments {
  Addresses addresses;
  std::string patience;  // empty: the command's own
  bool json = false;
  std::string id;
  std::string store;
  std::string text;
  std::string level{to_string(IsolationLevel::kSerializable)};
  std::string directory;
  std::string reason;
  Resolution resolution;
  RestoreOrder restoration;
  bool commit = false;
  bool abort = false;
};

constexpr const char* kPatience = "5s";
constexpr const char* kPatienceWithSchemas = "5m";  // for locks, then for indexes over large tables

using Command = std::function<Result<Report>(Console&)>;

// Every command, with the function that runs it; `chosen` becomes the one on the command line.
void list_commands(CLI::App& app, Arguments& arguments, Command& chosen) {
  const auto add = [&chosen](CLI::App& parent, const char* name, const char* help, Command command) {
    auto* const subcommand = parent.add_subcommand(name, help)->fallthrough();
    subcommand->callback([&chosen, command = std::move(command)] { chosen = command; });
    return subcommand;
  };
  add(app, "status", "The coordinator: its log, what it has decided, what it is owed", status);
  add(app, "stores", "Every store: where it is, what it holds, whether it answers", stores);
  add(app, "counters", "What the daemons have done: messages, forced writes, sizes of batches, times in queues",
      counters);
  add(app, "transactions", "Every transaction that is undecided or owed an acknowledgement", transactions);
  auto* const show_one =
      add(app, "show", "One transaction", [&arguments](Console& console) { return show(console, arguments.id); });
  show_one->add_option("ID", arguments.id, "as it is listed")->required();
  add(app, "in-doubt", "Every branch that waits for its decision, and who waits for it", in_doubt);
  auto* const locks_of = add(app, "locks", "Every lock of a store, held and waited for",
                             [&arguments](Console& console) { return locks(console, arguments.store); });
  locks_of->add_option("STORE", arguments.store)->required();
  auto* const run = add(app, "sql", "Run one statement as a transaction of its own", [&arguments](Console& console) {
    const bool is_weak = arguments.level == to_string(IsolationLevel::kReadCommitted);
    return sql(console, arguments.store, arguments.text,
               is_weak ? IsolationLevel::kReadCommitted : IsolationLevel::kSerializable);
  });
  run->add_option("STORE", arguments.store)->required();
  run->add_option("STATEMENT", arguments.text)->required();
  run->add_option("--level", arguments.level, "read-committed: see what is committed, and wait for nobody")
      ->check(CLI::IsMember({std::string(to_string(IsolationLevel::kSerializable)),
                             std::string(to_string(IsolationLevel::kReadCommitted))}))
      ->capture_default_str();

  auto* const by_hand =
      add(app, "resolve", "End a prepared branch by hand, where no coordinator can", [&arguments](Console& console) {
        arguments.resolution.decision = arguments.commit ? Decision::kCommit : Decision::kAbort;
        return resolve(console, arguments.resolution);
      });
  by_hand->add_option("ID", arguments.resolution.id, "of the transaction")->required();
  by_hand->add_option("STORE", arguments.resolution.store)->required();
  auto* const decisions = by_hand->add_option_group("decision")->require_option(1);
  decisions->add_flag("--commit", arguments.commit, "the other stores have committed it");
  decisions->add_flag("--abort", arguments.abort, "the other stores have aborted it");
  by_hand->add_option("--reason", arguments.resolution.reason, "why; kept with the branch")
      ->type_name("TEXT")
      ->required();

  auto* const schema = app.add_subcommand("schema", "The user's tables of a store")->require_subcommand(1);
  schema->fallthrough();
  auto* const apply =
      add(*schema, "apply", "Run a file of SQL, whole or not at all, when no branch is prepared",
          [&arguments](Console& console) { return apply_schema(console, arguments.store, arguments.text); });
  apply->add_option("STORE", arguments.store)->required();
  apply->add_option("FILE", arguments.text)->required();
  apply->parse_complete_callback([&arguments] {
    if (arguments.patience.empty()) arguments.patience = kPatienceWithSchemas;
  });

  auto* const acknowledge =
      add(app, "acknowledge-write", "Let a store vote again after another program has written to it",
          [&arguments](Console& console) { return acknowledge_write(console, arguments.store, arguments.reason); });
  acknowledge->add_option("STORE", arguments.store)->required();
  acknowledge->add_option("--reason", arguments.reason, "what was found; kept in the participant's log")
      ->type_name("TEXT")
      ->required();

  auto* const log = app.add_subcommand("log", "Decision logs on this machine's disks")->require_subcommand(1);
  log->fallthrough();
  for (auto* const each : {add(*log, "verify", "Read a log as a start would, and say what it holds",
                               [&arguments](Console&) { return log_verify(arguments.directory); }),
                           add(*log, "dump", "Print every record of a log",
                               [&arguments](Console&) { return log_dump(arguments.directory, arguments.json); })}) {
    each->add_option("DIR", arguments.directory, "what the coordinator has as --data")->required();
  }
  auto* const restore = add(*log, "restore", "Make an old copy of a log one to go on with, by what the stores know",
                            [&arguments](Console& console) { return log_restore(console, arguments.restoration); });
  restore->add_option("DIR", arguments.restoration.directory, "what the coordinator has as --data; it must be stopped")
      ->required();
  restore->add_option("--store", arguments.restoration.stores, "a store that is elsewhere than the log says, or newer")
      ->type_name("NAME=HOST:PORT")
      ->allow_extra_args(false);
  restore->add_option("--without", arguments.restoration.without, "a store that is lost for good")
      ->type_name("NAME")
      ->allow_extra_args(false);
}

int run(int argc, const char* const* argv) {
  Arguments arguments;
  Command command;
  CLI::App app("Asks coordinators, participants and decision logs, and ends branches by hand.", kProgram);
  app.set_help_flag("--help", "Print this help and exit");
  app.set_version_flag("--version", std::string(kProgram) + " " + daemon::kVersion, "Print the version and exit");
  app.add_option("--coordinator", arguments.addresses.coordinator, "Whom to ask")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("--participant", arguments.addresses.participant,
                 "The participant to ask, when the coordinator cannot say where it is")
      ->type_name("HOST:PORT");
  app.add_option("--timeout", arguments.patience, "How long an answer is waited for")
      ->type_name("DURATION")
      ->default_str(std::string(kPatience) + ", with `schema apply` " + kPatienceWithSchemas);
  app.add_flag("--json", arguments.json, "Write JSON, for programs");
  app.require_subcommand(1);
  list_commands(app, arguments, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return daemon::kExitSuccess;
  } catch (const CLI::CallForVersion& version) {
    std::cout << version.what() << '\n';
    return daemon::kExitSuccess;
  } catch (const CLI::ParseError& error) {
    std::cerr << kProgram << ": " << error.what() << '\n' << kProgram << " --help lists the commands\n";
    return daemon::kExitUsage;
  }
  const auto fail = [](const Error& error) {
    std::cerr << kProgram << ": " << error.message << '\n';
    return error.kind == ErrorKind::kInvalidInput ? daemon::kExitUsage : daemon::kExitFailure;
  };
  const auto patience = daemon::parse_duration(arguments.patience.empty() ? kPatience : arguments.patience);
  if (!patience) return fail({ErrorKind::kInvalidInput, "--timeout: " + patience.error().message});
  for (const auto* address : {&arguments.addresses.coordinator, &arguments.addresses.participant}) {
    if (address->empty()) continue;
    if (const auto parsed = rpc::parse_address(*address); !parsed) return fail(parsed.error());
  }
  if (const auto armed = daemon::arm_failpoints_from_environment(); !armed) return fail(armed.error());
  Console console(arguments.addresses, *patience);
  const auto report = command(console);
  if (!report) return fail(report.error());
  std::cout << (arguments.json ? report->json.to_string() + "\n" : report->text);
  if (report->problem) return fail(*report->problem);
  return daemon::kExitSuccess;
}

}  // namespace
}  // namespace assent::ctl

int main(int argc, char** argv) {
  try {
    return assent::ctl::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "assentctl: " << error.what() << '\n';
    return assent::daemon::kExitFailure;
  }
}
