// The methods of assent.thrift as typed constants: `channel.call(methods::kSubmit, request, deadline, on_answer)`,
// `server.on(methods::kSubmit, handler)`. Every method takes one struct and returns one struct, or throws a Fault.
#pragma once

#include "Coordinator.h"
#include "CoordinatorOperator.h"
#include "Failpoints.h"
#include "Participant.h"
#include "ParticipantOperator.h"

namespace assent::rpc {

// ArgsT and ResultT are the structs that Thrift generates for the two messages of a call.
template <typename RequestT, typename AnswerT, typename ArgsT, typename ResultT>
struct Method {
  using Request = RequestT;
  using Answer = AnswerT;
  using Args = ArgsT;
  using Result = ResultT;
  const char* name;
};

namespace methods {

#define ASSENT_METHOD(service, method, Request, Answer)                                                     \
  Method<wire::Request, wire::Answer, wire::service##_##method##_args, wire::service##_##method##_result> { \
#method                                                                                                 \
  }

inline constexpr auto kHello = ASSENT_METHOD(Coordinator, hello, HelloRequest, HelloAnswer);

inline constexpr auto kLease = ASSENT_METHOD(Coordinator, lease, LeaseRequest, Lease);
inline constexpr auto kLocate = ASSENT_METHOD(Coordinator, locate, LocateRequest, StoreLocation);
inline constexpr auto kSubmit = ASSENT_METHOD(Coordinator, submit, SubmitRequest, Outcome);
inline constexpr auto kCommit = ASSENT_METHOD(Coordinator, commit, CommitRequest, Outcome);
inline constexpr auto kAbort = ASSENT_METHOD(Coordinator, abort, AbortRequest, Outcome);
inline constexpr auto kOutcome = ASSENT_METHOD(Coordinator, outcome, OutcomeRequest, Outcome);
inline constexpr auto kRegisterStores = ASSENT_METHOD(Coordinator, register_stores, Registration, RegistrationAnswer);
inline constexpr auto kInquire = ASSENT_METHOD(Coordinator, inquire, InquiryRequest, InquiryAnswers);
inline constexpr auto kWound = ASSENT_METHOD(Coordinator, wound, WoundRequest, WoundAnswer);

inline constexpr auto kExecute = ASSENT_METHOD(Participant, execute, ExecuteRequest, ExecuteAnswer);
inline constexpr auto kExecuteAndPrepare =
    ASSENT_METHOD(Participant, execute_and_prepare, ExecuteAndPrepareRequest, VoteAnswer);
inline constexpr auto kPrepare = ASSENT_METHOD(Participant, prepare, PrepareRequest, VoteAnswer);
inline constexpr auto kDecide = ASSENT_METHOD(Participant, decide, DecideRequest, DecideAnswer);

inline constexpr auto kCoordinatorStatus =
    ASSENT_METHOD(CoordinatorOperator, coordinator_status, Empty, CoordinatorStatus);
inline constexpr auto kStores = ASSENT_METHOD(CoordinatorOperator, stores, Empty, StoreStatuses);
inline constexpr auto kTransactions = ASSENT_METHOD(CoordinatorOperator, transactions, Empty, TransactionStatuses);
inline constexpr auto kShow = ASSENT_METHOD(CoordinatorOperator, show, ShowRequest, TransactionStatus);

inline constexpr auto kParticipantStatus =
    ASSENT_METHOD(ParticipantOperator, participant_status, Empty, ParticipantStatus);
inline constexpr auto kBranches = ASSENT_METHOD(ParticipantOperator, branches, StoreRequest, BranchStatuses);
inline constexpr auto kLocks = ASSENT_METHOD(ParticipantOperator, locks, StoreRequest, LockStatuses);
inline constexpr auto kResolve = ASSENT_METHOD(ParticipantOperator, resolve, ResolveRequest, BranchStatus);
inline constexpr auto kApplySchema = ASSENT_METHOD(ParticipantOperator, apply_schema, ApplySchemaRequest, SchemaAnswer);
inline constexpr auto kAcknowledgeWrite =
    ASSENT_METHOD(ParticipantOperator, acknowledge_write, AcknowledgeWriteRequest, AcknowledgeWriteAnswer);
inline constexpr auto kTestify = ASSENT_METHOD(ParticipantOperator, testify, TestifyRequest, Testimony);

inline constexpr auto kArm = ASSENT_METHOD(Failpoints, arm, FailpointRequest, FailpointStatuses);
inline constexpr auto kFailpoints = ASSENT_METHOD(Failpoints, failpoints, Empty, FailpointStatuses);

#undef ASSENT_METHOD

}  // namespace methods
}  // namespace assent::rpc
