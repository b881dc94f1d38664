#include "tests/exhaustive/core_state.h"

#include <algorithm>
#include <cstddef>

#include "tests/exhaustive/encode.h"

// The cores keep their members to themselves, and are not asked to change that for a test: an explicit instantiation
// may name what is private ([temp.spec.general]), so each class is opened by one that lists its members. A member that
// is not listed does not compile: the size of the class would not be that of its list.

namespace assent::exhaustive {

namespace {

using namespace coordinator;
using participant::BranchTable;
using participant::CoordinatorsSeen;
using participant::JournalQueue;
using participant::LockTable;
using participant::RememberedEnds;
using participant::Timers;

void encode_members(std::string& bytes, const Coordinator& value);
void encode_members(std::string& bytes, const CommitProtocol& value);
void encode_members(std::string& bytes, const HeldCalls& value);
void encode_members(std::string& bytes, const Leases& value);
void encode_members(std::string& bytes, const Lineage& value);
void encode_members(std::string& bytes, const LogTail& value);
void encode_members(std::string& bytes, const Outcomes& value);
void encode_members(std::string& bytes, const RefusedOpenings& value);
void encode_members(std::string& bytes, const Release& value);
void encode_members(std::string& bytes, const StoreRegistry& value);
void encode_members(std::string& bytes, const BranchTable& value);
void encode_members(std::string& bytes, const participant::Branch& value);
void encode_members(std::string& bytes, const CoordinatorsSeen& value);
void encode_members(std::string& bytes, const JournalQueue& value);
void encode_members(std::string& bytes, const LockTable& value);
void encode_members(std::string& bytes, const RememberedEnds& value);
void encode_members(std::string& bytes, const Timers& value);

}  // namespace

template <typename Class>
requires requires(std::string& bytes, const Class& value) {
  encode_members(bytes, value);
}
struct Encoding<Class> {
  static void append(std::string& bytes, const Class& value) { encode_members(bytes, value); }
};

// They count for people; nothing is decided by them.
template <>
struct Encoding<coordinator::Counters> {
  static void append(std::string& /*bytes*/, const coordinator::Counters& /*value*/) {}
};
template <>
struct Encoding<participant::Counters> {
  static void append(std::string& /*bytes*/, const participant::Counters& /*value*/) {}
};

// A place in a map, by its key.
template <typename Place>
requires requires(const Place& place) {
  place->first.table;
}
struct Encoding<Place> {
  static void append(std::string& bytes, const Place& place) { encode(bytes, place->first); }
};

// An owner of locks is parked nowhere while it does not wait.
template <typename Party>
requires requires(const Party& party) {
  party.parked_at;
}
struct Encoding<Party> {
  static void append(std::string& bytes, const Party& party) {
    encode(bytes, party.prepared);
    encode(bytes, party.held);
    encode(bytes, party.held_bytes);
    encode(bytes, party.waits_for);
    if (!party.waits_for.empty()) encode(bytes, party.parked_at);
    static_assert(boost::pfr::tuple_size_v<Party> == 5);
  }
};

namespace {

template <typename... Members>
constexpr std::size_t size_with() {
  std::size_t size = 0;
  std::size_t alignment = 1;
  const auto add = [&](std::size_t of_member, std::size_t align) {
    size = (size + align - 1) / align * align + of_member;
    alignment = std::max(alignment, align);
  };
  (add(sizeof(Members), alignof(Members)), ...);
  return (size + alignment - 1) / alignment * alignment;
}

template <typename Class, auto... kMembers>
struct Open {
  static_assert(sizeof(Class) == size_with<std::remove_cvref_t<decltype(std::declval<Class>().*kMembers)>...>(),
                "a member is missing in the list");
  friend void encode_members(std::string& bytes, const Class& value) { (encode(bytes, value.*kMembers), ...); }
};

using C = Coordinator;
template struct Open<C, &C::settings_, &C::address_, &C::lineage_, &C::log_, &C::leases_, &C::stores_, &C::release_,
                     &C::outcomes_, &C::held_, &C::transactions_, &C::deadlines_, &C::awaited_, &C::kept_aborts_,
                     &C::registering_, &C::undecided_, &C::committing_, &C::counters_, &C::is_proven_, &C::draining_,
                     &C::halted_>;
using P = CommitProtocol;
template struct Open<P, &P::id_, &P::state_, &P::one_shot_, &P::has_results_, &P::result_bytes_, &P::deadline_,
                     &P::resend_after_, &P::branches_, &P::record_, &P::end_, &P::cause_, &P::note_>;
template struct Open<Leases, &Leases::life_, &Leases::most_ids_, &Leases::most_leases_, &Leases::next_number_,
                     &Leases::leases_>;
template struct Open<Lineage, &Lineage::log_, &Lineage::starts_>;
template struct Open<HeldCalls, &HeldCalls::wait_, &HeldCalls::most_, &HeldCalls::calls_>;
template struct Open<LogTail, &LogTail::idle_force_, &LogTail::appended_, &LogTail::durable_, &LogTail::out_of_space_,
                     &LogTail::force_due_>;
template struct Open<Outcomes, &Outcomes::retention_, &Outcomes::interval_, &Outcomes::forgotten_through_,
                     &Outcomes::words_, &Outcomes::mixed_, &Outcomes::ending_, &Outcomes::not_before_>;
template struct Open<RefusedOpenings, &RefusedOpenings::kept_, &RefusedOpenings::most_, &RefusedOpenings::openings_>;
template struct Open<Release, &Release::unended_>;
template struct Open<StoreRegistry, &StoreRegistry::quiet_, &StoreRegistry::most_, &StoreRegistry::entries_,
                     &StoreRegistry::names_, &StoreRegistry::refused_>;

using T = BranchTable;
template struct Open<T, &T::settings_, &T::identity_, &T::start_number_, &T::opening_, &T::branches_, &T::locks_,
                     &T::journal_, &T::coordinators_, &T::ends_, &T::timers_, &T::counters_, &T::runs_, &T::unreleased_,
                     &T::words_due_, &T::position_, &T::short_of_space_, &T::foreign_write_, &T::acknowledging_,
                     &T::schema_, &T::draining_, &T::last_branch_, &T::last_run_, &T::calls_of_new_lines_,
                     &T::held_answers_, &T::now_, &T::made_>;
using B = participant::Branch;
template struct Open<B, &B::id, &B::number, &B::priority, &B::one_shot, &B::was_recovered, &B::since,
                     &B::transaction_deadline, &B::coordinator_address, &B::stores, &B::level, &B::statement_count,
                     &B::changes, &B::changed_rows, &B::needs_last_run, &B::results, &B::last_failure, &B::votes_next,
                     &B::calls, &B::statements, &B::run, &B::statement_deadline, &B::wait_deadline, &B::in_doubt_since,
                     &B::inquiries, &B::wounds, &B::journaled_as, &B::commit, &B::resolution, &B::not_mine_reported,
                     &B::was_not_accepted, &B::state_>;
template struct Open<CoordinatorsSeen, &CoordinatorsSeen::logs_, &CoordinatorsSeen::news_>;
using J = JournalQueue;
template struct Open<J, &J::waiting_, &J::tickets_waiting_, &J::tickets_under_way_, &J::due_, &J::under_way_>;
using L = LockTable;
template struct Open<L, &L::entries_, &L::parties_, &L::held_count_, &L::waiting_count_>;
using R = RememberedEnds;
template struct Open<R, &R::limit_, &R::ends_, &R::oldest_first_>;
template struct Open<Timers, &Timers::by_id_, &Timers::by_time_>;

// ---- what must be empty when nothing is under way ----

// One value, or one of each key, holds nothing.
template <typename Value>
bool is_empty(const Value& value) {
  if constexpr (requires { value.begin()->second.empty(); }) {
    return std::all_of(value.begin(), value.end(), [](const auto& each) { return each.second.empty(); });
  } else if constexpr (requires { value.empty(); }) {
    return value.empty();
  } else if constexpr (requires { value.has_value(); }) {
    return !value.has_value();
  } else {
    return value == Value{};
  }
}

void add_left(std::string& left, const Coordinator& value);
void add_left(std::string& left, const HeldCalls& value);
void add_left(std::string& left, const LogTail& value);
void add_left(std::string& left, const Outcomes& value);
void add_left(std::string& left, const Release& value);
void add_left(std::string& left, const BranchTable& value);
void add_left(std::string& left, const CoordinatorsSeen& value);
void add_left(std::string& left, const JournalQueue& value);
void add_left(std::string& left, const LockTable& value);
void add_left(std::string& left, const Timers& value);

void add_left(std::string& left, const StoreRegistry& stores) {
  for (const auto& [name, entry] : stores.entries()) {
    if (entry.owed != 0) left += " owed by " + name;
  }
}

// As the compiler writes it: [… kMember = &Class::name…].
template <auto kMember>
std::string name_of_member() {
  const std::string whole = __PRETTY_FUNCTION__;
  const auto end = whole.find_first_of(")];", whole.find("kMember = "));
  const auto begin = whole.rfind(':', end) + 1;
  return whole.substr(begin, end - begin);
}

template <typename Class, auto... kMembers>
struct Emptied {
  template <auto kMember>
  static void add(std::string& left, const Class& value) {
    if constexpr (requires { add_left(left, value.*kMember); }) {
      add_left(left, value.*kMember);
    } else if (!is_empty(value.*kMember)) {
      left += ' ' + name_of_member<kMember>();
    }
  }
  friend void add_left(std::string& left, const Class& value) { (add<kMembers>(left, value), ...); }
};

template struct Emptied<C, &C::log_, &C::stores_, &C::release_, &C::outcomes_, &C::held_, &C::transactions_,
                        &C::deadlines_, &C::awaited_, &C::kept_aborts_, &C::registering_, &C::undecided_,
                        &C::committing_>;
template struct Emptied<HeldCalls, &HeldCalls::calls_>;
template struct Emptied<LogTail, &LogTail::force_due_>;
template struct Emptied<Outcomes, &Outcomes::ending_>;
template struct Emptied<Release, &Release::unended_>;

template struct Emptied<T, &T::branches_, &T::locks_, &T::journal_, &T::coordinators_, &T::timers_, &T::runs_,
                        &T::unreleased_, &T::words_due_, &T::acknowledging_, &T::schema_, &T::calls_of_new_lines_,
                        &T::held_answers_, &T::made_>;
template struct Emptied<CoordinatorsSeen, &CoordinatorsSeen::news_>;
template struct Emptied<J, &J::waiting_, &J::tickets_waiting_, &J::tickets_under_way_, &J::due_, &J::under_way_>;
template struct Emptied<L, &L::entries_, &L::parties_, &L::held_count_, &L::waiting_count_>;
template struct Emptied<Timers, &Timers::by_id_, &Timers::by_time_>;

}  // namespace

std::string left_in(const Coordinator& core) {
  std::string left;
  add_left(left, core);
  return left;
}

std::string left_in(const BranchTable& core) {
  std::string left;
  add_left(left, core);
  return left;
}

void encode_core(std::string& bytes, const Coordinator& core) {
  encode(bytes, core);
}

void encode_core(std::string& bytes, const BranchTable& core) {
  encode(bytes, core);
}

}  // namespace assent::exhaustive
