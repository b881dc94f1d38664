// NthFault: the N-th of some calls fails, once or with all behind it.
#pragma once

namespace assent::participant {

class NthFault {
 public:
  // The `call`-th from now, counted from 1.
  void fail_at(int call, bool for_good) { *this = NthFault(call, for_good); }
  void heal() { *this = NthFault(); }
  bool has_failed() const { return failing_call_ != 0 && calls_ >= failing_call_; }

  // Since fail_at().
  int calls() const { return calls_; }

  // Between these somebody else calls, which neither counts nor fails.
  void pause() { is_paused_ = true; }
  void resume() { is_paused_ = false; }

  // For what is called.
  bool fails_now() {
    if (is_paused_ || failing_call_ == 0) {
      return false;
    }
    ++calls_;
    return for_good_ ? calls_ >= failing_call_ : calls_ == failing_call_;
  }

  NthFault() = default;

 private:
  NthFault(int call, bool for_good) : failing_call_(call), for_good_(for_good) {}

  int failing_call_ = 0;  // 0: none
  bool for_good_ = false;
  int calls_ = 0;
  bool is_paused_ = false;
};

}  // namespace assent::participant
