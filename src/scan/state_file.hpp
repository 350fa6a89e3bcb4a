#pragma once
// Which children a scan has finished, on disk, so that after a crash they are not asked again. Eight octets for each: a
// hash with a salt of the file's own, which nobody can choose names for.
#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tutti::scan {

class StateFile {
  public:
    // `what` describes the scan: a file that was written for another one is refused.
    static Expected<StateFile> open(const std::string& path, std::string_view what);
    StateFile(StateFile&& other) noexcept;
    ~StateFile();
    StateFile(const StateFile&) = delete;
    StateFile& operator=(const StateFile&) = delete;

    std::size_t found() const { return finished_.size(); } // when it was opened
    bool finished(std::string_view name) const;            // when it was opened
    void finish(std::string_view name);
    // Everything up to here is on disk when this returns.
    Expected<void> flush();
    // The scan is complete: the file goes.
    void remove();

  private:
    StateFile() = default;
    Expected<void> load(std::string_view what);
    Expected<void> write_out(std::string_view octets);
    std::uint64_t hash(std::string_view name) const;

    std::string path_, salt_, buffer_;
    int fd_ = -1;
    std::vector<std::uint64_t> finished_; // sorted
};

} // namespace tutti::scan
