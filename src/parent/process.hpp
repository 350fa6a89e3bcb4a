#pragma once
// A command that gets a text on its standard input and gives one back.
#include "base/time.hpp"

#include <string>

namespace tutti::parent {

struct ProcessResult {
    int status = 0;     // exit status; 128 + n: killed by signal n
    std::string output; // standard output
};

// Runs `line` by /bin/sh in a process group of its own; its standard error goes where ours goes. Errors: internal (it
// cannot be started), transient (it did not end in time, or wrote more than 1 MB: it was killed).
Expected<ProcessResult> run_command(const std::string& line, const std::string& input, Duration limit);

} // namespace tutti::parent
