#include "tests/isolation/anomaly.h"

namespace assent::isolation {

std::string_view to_string(Anomaly anomaly) {
  switch (anomaly) {
    case Anomaly::kG0: return "dirty write (G0)";
    case Anomaly::kG1a: return "aborted read (G1a)";
    case Anomaly::kG1b: return "intermediate read (G1b)";
    case Anomaly::kG1c: return "circular information flow (G1c)";
    case Anomaly::kGSingle: return "single anti-dependency cycle (G-single)";
    case Anomaly::kG2: return "anti-dependency cycle (G2)";
    case Anomaly::kRealTime: return "cycle through real time";
    case Anomaly::kLostAppend: return "lost append";
    case Anomaly::kDuplicate: return "duplicate element";
    case Anomaly::kIncompatibleOrder: return "incompatible order";
    case Anomaly::kFromNowhere: return "element from nowhere";
    case Anomaly::kInternal: return "own append seen wrongly";
  }
  return "";
}

std::string_view to_string(Dependency dependency) {
  switch (dependency) {
    case Dependency::kWriteWrite: return "ww";
    case Dependency::kWriteRead: return "wr";
    case Dependency::kReadWrite: return "rw";
    case Dependency::kRealTime: return "rt";
  }
  return "";
}

}  // namespace assent::isolation
