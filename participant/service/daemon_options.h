// What assent-participant can be told: its flags, and the keys of its configuration file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "assent/result.h"
#include "participant/service/participant_service.h"
#include "participant/store/sqlite_store.h"
#include "thrift/daemon/logging.h"
#include "thrift/daemon/options.h"

namespace assent::participant {

struct DaemonOptions {
  std::string coordinator = "127.0.0.1:7400";
  std::string listen = "127.0.0.1:7500";
  std::string advertise;
  std::string port_file;
  bool insecure = false;
  bool create = false;
  std::vector<std::string> stores;   // NAME=FILE
  std::vector<std::string> schemas;  // NAME=FILE
  std::uint64_t memory_bytes = 1U << 30U;
  std::string store_mode;
  std::string store_group;
  SqliteStoreOptions store;
  RunnerSettings runner;
  LinkSettings link;
  std::size_t listed = ServiceSettings{}.listed;
  daemon::LogSettings log;
  rpc::Limits limits;
};

// Lists every option; `target` must outlive options.parse().
void list_options(daemon::Options& options, DaemonOptions& target);

// What the service is told; an error says which options cannot be, or cannot go together.
Result<ServiceSettings> service_settings(const DaemonOptions& options, const std::string& program);

// Every store with the way to open it, the schemas read. An error before any file is made: a name or a file that is
// given twice, a file that shall be created and exists, a schema that cannot be read.
Result<std::vector<ServedStore>> served_stores(const DaemonOptions& options);

}  // namespace assent::participant
