// What this store knows of a decision log whose end was lost.
//
// It is asked under a new epoch of the log, and follows that from then on: the answer leaves when the new line is on
// disk (F2). So whoever still goes on from the lost log can prepare and decide nothing here any more, and what is told
// now stays true until the restored log says more.
#include "participant/core/branch_table.h"

namespace assent::participant {

void BranchTable::handle(const TestimonyRequested& event) {
  const LogIdentity log = event.coordinator.line.log;
  if (!is_meant(event.opening, event.call) || !hear(event.coordinator, log, event.call)) return;
  Testimony testimony{.identity = identity_,
                      .position = position_,
                      .seen = coordinators_.line(log).durable,
                      .released = coordinators_.released(log),
                      .branches = {},
                      .more = false};
  std::size_t size = 0;
  auto entry = event.after ? branches_.upper_bound(*event.after) : branches_.begin();
  for (; entry != branches_.end(); ++entry) {
    const Branch& branch = entry->second;
    if (branch.id.log != log || is_active(branch.state())) continue;
    size += 1 + branch.stores.size();
    if (size > event.most && !testimony.branches.empty()) {
      testimony.more = true;
      break;
    }
    testimony.branches.push_back({branch.id, branch.number, to_string(branch.state()), branch.commit, branch.stores});
  }
  made_.emplace_back(TestimonyGiven{event.call, std::move(testimony)});
}

}  // namespace assent::participant
