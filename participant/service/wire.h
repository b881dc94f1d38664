// Between the messages of assent.thrift and the events and effects of a branch table. Pure translation.
#pragma once

#include <cstddef>
#include <memory>

#include "assent/result.h"
#include "participant/core/branch_table.h"
#include "participant/service/store_runner.h"
#include "thrift/rpc/methods.h"

namespace assent::participant {

// Requests to events; an error names the field that makes no sense.
Result<ExecuteRequested> to_event(wire::ExecuteRequest&& request, CallId call, std::string coordinator_address);
Result<ExecuteAndPrepareRequested> to_event(wire::ExecuteAndPrepareRequest&& request, CallId call,
                                            const CoordinatorView& coordinator);
Result<PrepareRequested> to_event(const wire::PrepareRequest& request, CallId call, const CoordinatorView& coordinator);
Result<DecisionReceived> to_event(const wire::Decision& decision, Opening opening,
                                  const std::shared_ptr<const CoordinatorView>& coordinator, CallId call);
Result<ResolveRequested> to_event(const wire::ResolveRequest& request, CallId call);
Result<SchemaChangeRequested> to_event(wire::ApplySchemaRequest&& request, CallId call);
Result<AcknowledgeWriteRequested> to_event(const wire::AcknowledgeWriteRequest& request, CallId call);
TestimonyRequested to_event(const wire::TestifyRequest& request, CallId call, const CoordinatorView& coordinator,
                            std::size_t most);

// What each part of a message brings with it of the coordinator's word: the first one all of it, and the others no
// releases. These are the same for all of them, and may be thousands, to be looked at each time.
class SharedWord {
 public:
  explicit SharedWord(CoordinatorView view);

  std::shared_ptr<const CoordinatorView> of_part(std::size_t index) const { return index == 0 ? whole_ : line_; }

 private:
  std::shared_ptr<const CoordinatorView> whole_;
  std::shared_ptr<const CoordinatorView> line_;
};

Result<InquiryAnswered> to_event(const wire::InquiryAnswer& answer, std::shared_ptr<const CoordinatorView> coordinator);

wire::ExecuteAnswer to_wire(const ExecuteAnswered& effect);
wire::VoteAnswer to_wire(const VoteAnswered& effect);
wire::Acknowledgement to_wire(const DecisionAnswered& effect);
wire::SchemaAnswer to_wire(const SchemaAnswered& effect);
wire::AcknowledgeWriteAnswer to_wire(const AcknowledgeWriteAnswered& effect);
wire::Testimony to_wire(const TestimonyGiven& effect);
wire::FaultCode::type to_wire(RefusalKind kind);

wire::BranchStatus to_wire(const BranchSummary& branch);
wire::LockStatus to_wire(const LockSummary& lock);
wire::ParticipantStoreStatus to_wire(const std::string& store, const StoreReport& report);
wire::StoreRegistration to_registration(const std::string& store, const StoreStanding& standing, LogIdentity log);

}  // namespace assent::participant
