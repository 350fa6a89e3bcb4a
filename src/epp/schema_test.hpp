#pragma once
// Frames of the tests against the schemas of EPP, where the variable TUTTI_EPP_SCHEMAS names a folder with all.xsd (see
// doc/registry.md). Without it nothing is checked here: the tests' own checks of the structure stay.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace tutti::epp::testing {

inline void expect_valid(const std::string& xml) {
    const char* schemas = std::getenv("TUTTI_EPP_SCHEMAS");
    if (schemas == nullptr) return;
    if (xml.contains("changePoll-1.0") && !std::filesystem::exists(std::string{schemas} + "/changePoll-1.0.xsd"))
        return;
    static std::atomic<int> count = 0;
    const auto base = std::filesystem::temp_directory_path() / ("tutti-frame-" + std::to_string(getpid()));
    const std::string file = base.string() + "-" + std::to_string(++count) + ".xml";
    std::ofstream{file} << xml;
    const std::string command =
        "xmllint --nonet --noout --schema '" + std::string{schemas} + "/all.xsd' " + file + " 2>" + file + ".log";
    const int status = std::system(command.c_str());
    std::ifstream log{file + ".log"};
    EXPECT_EQ(status, 0) << std::string{std::istreambuf_iterator<char>{log}, {}} << xml;
    std::filesystem::remove(file);
    std::filesystem::remove(file + ".log");
}

} // namespace tutti::epp::testing
