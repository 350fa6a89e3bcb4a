#pragma once
// A command of the operator, which gets a text on its standard input and gives one back.
#include "base/time.hpp"

#include <string>

namespace tutti::os {

struct ProcessResult {
    int status = 0;     // exit status; 128 + n: killed by signal n
    std::string output; // standard output
};

// Runs `line` by /bin/sh in a process group of its own; its standard error goes where ours goes. Errors: internal (it
// cannot be started), transient (it did not end in time and was killed), bad_answer (it wrote more than `most` octets).
Expected<ProcessResult> run_command(const std::string& line, const std::string& input, Duration limit,
                                    std::size_t most = std::size_t{1} << 20);

// "failed with status 3", "was killed by signal 9", for a sentence that begins with "the command".
std::string failure(int status);

// The same where only its end matters; transient: it ended with another status than 0.
Expected<void> feed_command(const std::string& line, const std::string& input, Duration limit);

} // namespace tutti::os
