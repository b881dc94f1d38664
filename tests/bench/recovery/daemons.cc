#include "tests/bench/recovery/daemons.h"

#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

#include "tests/bench/measure/resident_memory.h"

namespace assent::bench::recovery {

namespace {

using namespace std::chrono_literals;

constexpr auto kStartTime = 10min;  // reading a large journal is what is measured, and no error
constexpr auto kSettled = 500ms;
constexpr int kMostLooks = 20;

}  // namespace

Daemons::Daemons(const Cluster::Plan& plan) : plan_(plan) {
  for (std::size_t number = 0; number < plan.participants; ++number) {
    participants_.push_back(std::make_unique<daemon::DaemonProcess>());
  }
}

void Daemons::start_coordinator() {
  coordinator_.start(plan_.coordinator(), kStartTime).value();
}

void Daemons::start_participants() {
  for (std::size_t number = 0; number < participants_.size(); ++number) {
    participants_[number]->start(plan_.participant(number, plan_.coordinator_listen), kStartTime).value();
  }
}

void Daemons::start_all() {
  coordinator_.start_without_waiting(plan_.coordinator()).value();
  for (std::size_t number = 0; number < participants_.size(); ++number) {
    participants_[number]->start_without_waiting(plan_.participant(number, plan_.coordinator_listen)).value();
  }
}

// Whoever lacks its partner asks for it again and again, and an allocator that keeps what was freed from being used
// again, as a sanitizer's does, grows with each try.
std::uint64_t Daemons::settled_bytes() const {
  auto bytes = resident();
  for (int look = 0; look < kMostLooks; ++look) {
    std::this_thread::sleep_for(kSettled);
    const auto before = std::exchange(bytes, resident());
    if (bytes <= before) break;
  }
  return bytes;
}

std::uint64_t Daemons::resident() const {
  auto bytes = resident_bytes(coordinator_.pid());
  for (const auto& participant : participants_) bytes += resident_bytes(participant->pid());
  return bytes;
}

void Daemons::kill() {
  coordinator_.kill();
  for (const auto& participant : participants_) participant->kill();
}

void Daemons::stop() {
  const auto end = [](daemon::DaemonProcess& process) {
    if (process.terminate(kStartTime).value() != 0) throw std::runtime_error("a daemon did not stop cleanly");
  };
  end(coordinator_);
  for (const auto& participant : participants_) end(*participant);
}

Memory measure_memory(const Cluster::Plan& plan) {
  Memory memory;
  Daemons daemons(plan);
  daemons.start_participants();
  memory.participants = daemons.settled_bytes();
  daemons.kill();
  daemons.start_coordinator();
  memory.coordinator = daemons.settled_bytes();
  daemons.kill();
  return memory;
}

}  // namespace assent::bench::recovery
