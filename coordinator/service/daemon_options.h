// What assent-coordinator can be told: its flags, and the keys of its configuration file.
#pragma once

#include <cstdint>
#include <string>

#include "assent/result.h"
#include "coordinator/service/coordinator_service.h"
#include "thrift/daemon/logging.h"
#include "thrift/daemon/options.h"

namespace assent::coordinator {

struct DaemonOptions {
  std::string data;
  bool create = false;
  std::string listen = "127.0.0.1:7400";
  std::string advertise;
  std::string port_file;
  bool insecure = false;
  std::uint64_t segment_bytes = 16U << 20U;
  daemon::LogSettings log;
  Settings core;
  rpc::Limits limits;
  Duration decide_timeout = LinkSettings{}.decide_timeout;
  Duration hand_over = ServiceSettings{}.hand_over;
  std::size_t listed = ServiceSettings{}.listed;
};

// Lists every option; `target` must outlive options.parse().
void list_options(daemon::Options& options, DaemonOptions& target);

// What the service is told; an error says which options cannot be, or cannot go together.
Result<ServiceSettings> service_settings(const DaemonOptions& options, const std::string& program);

}  // namespace assent::coordinator
