#pragma once
// The whole command line, run in the test: what it prints, and how it ends.
#include "app/cli.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace tutti::app {

struct Outcome {
    int code;
    std::string out, err;
};

inline Outcome tutti(std::vector<std::string> words) {
    words.insert(words.begin(), "tutti");
    std::vector<const char*> argv;
    for (const auto& w : words) argv.push_back(w.c_str());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Outcome out{};
    out.code = run(static_cast<int>(argv.size()), argv.data());
    std::fflush(stdout);
    out.out = testing::internal::GetCapturedStdout();
    out.err = testing::internal::GetCapturedStderr();
    return out;
}

// What stands on a terminal, in columns: UTF-8 characters, not bytes.
inline std::size_t longest_line(const std::string& text) {
    std::size_t longest = 0, current = 0;
    for (const char c : text) {
        if ((static_cast<unsigned char>(c) & 0xc0) == 0x80) continue;
        current = c == '\n' ? 0 : current + 1;
        longest = std::max(longest, current);
    }
    return longest;
}

} // namespace tutti::app
