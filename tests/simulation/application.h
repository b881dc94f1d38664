// Application: whoever uses the cluster.
#pragma once

namespace assent::simulation {

class Application {
 public:
  Application() = default;
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;
  virtual ~Application() = default;

  // Runs transactions until stop(). With `is_crosswise` only those that get into each other's way.
  virtual void work(bool is_crosswise) = 0;
  virtual void stop() = 0;

  virtual bool is_idle() const = 0;
};

}  // namespace assent::simulation
