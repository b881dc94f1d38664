// StoreProcess: the real branch table, a model store on its disk, and what a service does around them. While it
// journals, its thread does nothing else: so a journal transaction is one input, in which it may die.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "participant/core/branch_table.h"
#include "tests/exhaustive/process.h"
#include "tests/simulation/model_store.h"

namespace assent::exhaustive {

class StoreProcess final : public Process {
 public:
  // With what the disk holds, before this start has raised its start number.
  static Start start_on(Node node, const simulation::ModelImage& image);

  void tell(const Message& message, Made& made) override;
  void happens(Input input, Made& made) override;
  bool can_happen(Input input) const override;
  std::uint64_t start() const override { return store_->recovered().start_number; }
  std::string left_over() const override;
  std::vector<Message> farewell() const override;
  Start dies(std::string& disk) const override;
  std::string state() const override;

 private:
  StoreProcess(Node node, const simulation::ModelImage& image);

  Opening opening() const;
  void step(const participant::Event& event, Made& made);
  void perform(const participant::Effect& effect, Made& made);
  void run(const participant::RunStatements& run, Made& made);
  void write(Made& made);
  void register_at_coordinator(Made& made) const;
  void send(coordinator::Event event, bool asks, Made& made) const;

  template <typename Answer>
  void answer(const Answer& answer, Made& made);

  const Node node_;
  simulation::ModelDisk disk_;
  std::unique_ptr<participant::Store> store_;
  std::unique_ptr<participant::BranchTable> core_;
  StorePosition position_{};
  Time now_{};
  bool is_batch_ended_ = true;  // the core knows that there is nothing at hand
  std::map<participant::CallId, Message> waiting_;
};

}  // namespace assent::exhaustive
