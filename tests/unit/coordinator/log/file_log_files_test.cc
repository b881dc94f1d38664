// The log on a real file system: permissions, the lock, paths, and what operators read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "coordinator/core/text.h"
#include "coordinator/log/file_log.h"
#include "coordinator/log/log_reader.h"
#include "tests/unit/coordinator/log/records_for_tests.h"
#include "tests/unit/coordinator/log/temporary_directory.h"

namespace assent::coordinator {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Records = std::vector<LogRecord>;

constexpr uid_t kNobody = 65534;

class FileLogOnFiles : public testing::Test {
 protected:
  Result<std::unique_ptr<FileLog>> open(bool create = false) const { return open_at(log_path_, create); }

  static Result<std::unique_ptr<FileLog>> open_at(const std::filesystem::path& path, bool create) {
    return open_file_log(path, {create, kTestLog, Nonce{1}, 4096});
  }

  static void expect_refused(const Result<std::unique_ptr<FileLog>>& log, ErrorKind kind, const auto& message) {
    ASSERT_TRUE(log.has_error());
    EXPECT_EQ(log.error().kind, kind) << log.error().message;
    EXPECT_THAT(log.error().message, message);
  }

  static mode_t mode(const std::filesystem::path& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777U;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(log_path_)) {
      names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
  }

  TemporaryDirectory directory_;
  const std::filesystem::path log_path_ = directory_.path() / "log";
};

TEST_F(FileLogOnFiles, ANewDirectoryAndItsFilesAreForTheirOwnerOnly) {
  const auto before = ::umask(0);
  open(true).value();
  ::umask(before);
  EXPECT_EQ(mode(log_path_), 0700U);
  EXPECT_EQ(mode(log_path_ / segment_name(1)), 0600U);
  EXPECT_EQ(mode(log_path_ / "lock"), 0600U);
}

TEST_F(FileLogOnFiles, CreatingMakesMissingParentsAndToleratesASlashAtTheEnd) {
  const auto deep = directory_.path() / "a" / "b" / "c";
  open_at(deep / "", true).value();
  EXPECT_EQ(open_at(deep, false).value()->state().epoch(), Epoch{2});
}

TEST_F(FileLogOnFiles, AForeignFileInTheDirectoryIsLeftAlone) {
  std::filesystem::create_directory(log_path_);
  std::ofstream(log_path_ / "segment-notes") << "mine";
  open(true).value();
  open().value();
  EXPECT_EQ(names(), (std::vector<std::string>{"lock", segment_name(2), "segment-notes"}));
}

TEST_F(FileLogOnFiles, AMistypedPathIsRefusedAndStaysAsItIs) {
  expect_refused(open(), ErrorKind::kNotFound, AllOf(HasSubstr(log_path_.string()), HasSubstr("--create")));
  EXPECT_FALSE(std::filesystem::exists(log_path_));

  std::filesystem::create_directory(log_path_);
  expect_refused(open(), ErrorKind::kNotFound, AllOf(HasSubstr(log_path_.string()), HasSubstr("--create")));
  EXPECT_TRUE(std::filesystem::is_empty(log_path_));
}

TEST_F(FileLogOnFiles, APathThatIsOrLeadsThroughAFileIsRefused) {
  std::ofstream(log_path_) << "a file";
  expect_refused(open(true), ErrorKind::kIo, AllOf(HasSubstr(log_path_.string()), HasSubstr("name a directory")));
  expect_refused(open(), ErrorKind::kIo, AllOf(HasSubstr(log_path_.string()), HasSubstr("name a directory")));
  expect_refused(open_at(log_path_ / "below", true), ErrorKind::kIo, HasSubstr("name a directory"));
}

TEST_F(FileLogOnFiles, ADirectoryThatIsNotWritableIsRefusedByName) {
  open(true).value();
  ::chmod(directory_.path().c_str(), 0755);
  ::chmod(log_path_.c_str(), 0555);
  ::chmod((log_path_ / segment_name(1)).c_str(), 0644);
  // Permissions do not hold for root: a child without its rights tries.
  const auto child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) {
      ::_exit(2);
    }
    const auto log = open();
    const bool right = log.has_error() && log.error().kind == ErrorKind::kIo &&
                       log.error().message.find(log_path_.string()) != std::string::npos &&
                       log.error().message.find("Permission denied; let the coordinator's user") != std::string::npos;
    ::_exit(right ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  ::chmod(log_path_.c_str(), 0700);
  EXPECT_TRUE(open());
}

TEST_F(FileLogOnFiles, ASecondProcessIsRefusedUntilTheFirstEnds) {
  auto first = open(true).value();
  expect_refused(open(), ErrorKind::kConflict, AllOf(HasSubstr((log_path_ / "lock").string()), HasSubstr("already")));
  first->append(Position{2}, Records{commit_record(2)}).value();
  first.reset();
  EXPECT_EQ(open().value()->state().commits.size(), 1U);
}

TEST_F(FileLogOnFiles, TheLockEndsWithAProcessThatIsKilled) {
  const auto child = ::fork();
  if (child == 0) {
    auto log = open(true);
    if (!log || !(*log)->append(Position{2}, Records{commit_record(2)})) {
      ::_exit(1);
    }
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(open().value()->state().commits.size(), 1U);
}

TEST_F(FileLogOnFiles, TheReaderShowsEveryRecordAndChangesNothing) {
  auto log = open(true).value();
  log->append(Position{2}, Records{store_record("ledger", 0xa1), commit_record(3)}).value();
  log->append(Position{4}, Records{end_record(3, true), forgotten_record(2)}).value();
  log.reset();
  const auto before = names();

  std::string dump;
  const auto report = read_log(log_path_, [&](const ReadRecord& each) {
                        const auto position = static_cast<std::uint64_t>(each.position.value_or(Position{}));
                        dump += std::to_string(position) + " " + to_text(each.record) + "\n";
                      }).value();
  EXPECT_EQ(dump,
            "0 epoch log=9f0c1a22b7d34e10 epoch=1 nonce=0000000000000001 start=1\n"
            "2 store store=ledger identity=00000000000000a1 address=ledger.example:7001 position=0\n"
            "3 commit id=9f0c1a22b7d34e10-1-3 branches=ledger:1.3,stock:3.3\n"
            "4 end commit=3 stores=ledger@6!,stock@3\n"
            "5 forgotten through=9f0c1a22b7d34e10-1-2\n");
  EXPECT_EQ(report.contents.state.last, Position{5});
  EXPECT_EQ(report.contents.records, 4U);
  EXPECT_EQ(report.contents.torn_bytes, 0U);
  EXPECT_FALSE(report.in_use);
  EXPECT_EQ(names(), before);
  EXPECT_EQ(open().value()->state().epoch(), Epoch{2}) << "reading is not a start";
}

TEST_F(FileLogOnFiles, TheReaderTellsOfATornAppendAndOfARunningCoordinatorAndOfLeftovers) {
  const auto log = open(true).value();
  log->append(Position{2}, Records{commit_record(2)}).value();
  const auto segment = log_path_ / segment_name(1);
  const auto used = read_log(log_path_, [](const ReadRecord&) {}).value().contents.used_bytes;
  std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(used)) << "ABLK torn";
  file.close();
  std::filesystem::copy_file(segment, log_path_ / segment_name(0));

  const auto report = read_log(log_path_, [](const ReadRecord&) {}).value();
  EXPECT_EQ(report.contents.torn_bytes, 9U);
  EXPECT_TRUE(report.in_use);
  EXPECT_EQ(report.contents.used_bytes, used);
  EXPECT_EQ(report.leftovers, std::vector<std::string>{(log_path_ / segment_name(0)).string()});
}

TEST_F(FileLogOnFiles, TheReaderNamesTheFileAndTheOffsetOfADamageAfterTheRecordsBeforeIt) {
  auto log = open(true).value();
  std::vector<std::uint64_t> offsets;
  for (std::uint64_t position = 2; position < 5; ++position) {
    log->append(Position{position}, Records{commit_record(position)}).value();
  }
  log.reset();
  read_log(log_path_, [&](const ReadRecord& each) { offsets.push_back(each.offset); }).value();
  ASSERT_EQ(offsets.size(), 4U);
  std::fstream file(log_path_ / segment_name(1), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(offsets[2] + 40)) << "X";
  file.close();

  int visited = 0;
  const auto report = read_log(log_path_, [&](const ReadRecord&) { ++visited; });
  ASSERT_TRUE(report.has_error());
  EXPECT_EQ(report.error().kind, ErrorKind::kCorrupt);
  EXPECT_THAT(report.error().message,
              HasSubstr((log_path_ / segment_name(1)).string() + " at offset " + std::to_string(offsets[2]) + ":"));
  EXPECT_EQ(visited, 2);
  expect_refused(open(), ErrorKind::kCorrupt, HasSubstr("at offset " + std::to_string(offsets[2])));
}

TEST_F(FileLogOnFiles, TheReaderRefusesWhereThereIsNoLog) {
  EXPECT_EQ(read_log(log_path_, [](const ReadRecord&) {}).error().kind, ErrorKind::kNotFound);
  std::filesystem::create_directory(log_path_);
  EXPECT_EQ(read_log(log_path_, [](const ReadRecord&) {}).error().kind, ErrorKind::kNotFound);
  EXPECT_TRUE(std::filesystem::is_empty(log_path_));
}

TEST_F(FileLogOnFiles, TheDefaultSegmentTakesItsSpaceOnDisk) {
  open_file_log(log_path_, {.create = true, .identity = kTestLog}).value();
  struct stat status {};
  ASSERT_EQ(::stat((log_path_ / segment_name(1)).c_str(), &status), 0);
  EXPECT_GE(status.st_size, 16 << 20);
}

}  // namespace
}  // namespace assent::coordinator
