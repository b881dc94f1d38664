// WorkFolder: a new folder for the files of one run, gone with it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace assent::bench {

class WorkFolder {
 public:
  // In `parent`: figures are those of the disk that it is on.
  explicit WorkFolder(const std::filesystem::path& parent) {
    std::string name = (std::filesystem::absolute(parent) / "assent-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder in " + parent.string());
    path_ = name;
  }
  ~WorkFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace assent::bench
