#include "scan/state_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace tutti::scan {

namespace {

class StateFileTest : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (std::filesystem::temp_directory_path() / "tutti-state-XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder = pattern;
        path = folder / "state";
    }
    void TearDown() override { std::filesystem::remove_all(folder); }
    std::filesystem::path folder, path;
};

TEST_F(StateFileTest, WhatWasFlushedIsKnownAfterwards) {
    {
        auto file = StateFile::open(path, "scan of x").value();
        file.finish("a");
        ASSERT_TRUE(file.flush());
        file.finish("b"); // a crash comes before it is flushed
    }
    const auto file = StateFile::open(path, "scan of x").value();
    EXPECT_EQ(file.found(), 1U);
    EXPECT_TRUE(file.finished("a"));
    EXPECT_FALSE(file.finished("b"));
}

TEST_F(StateFileTest, CutShortAtEveryOctet) {
    {
        auto file = StateFile::open(path, "x").value();
        for (const char* name : {"a", "b", "c"}) file.finish(name);
        ASSERT_TRUE(file.flush());
    }
    const auto size = std::filesystem::file_size(path);
    std::string whole(size, '\0');
    std::ifstream(path, std::ios::binary).read(whole.data(), static_cast<std::streamsize>(size));
    for (std::size_t cut = 0; cut <= size; ++cut) {
        std::ofstream(path, std::ios::binary | std::ios::trunc) << whole.substr(0, cut);
        {
            auto file = StateFile::open(path, "x");
            ASSERT_TRUE(file) << cut << file.error().text();
            EXPECT_EQ(file->found(), cut < size - 24 ? 0 : (cut - (size - 24)) / 8) << cut;
            file->finish("d");
            ASSERT_TRUE(file->flush());
        }
        EXPECT_TRUE(StateFile::open(path, "x").value().finished("d")) << cut;
    }
}

TEST_F(StateFileTest, ThatOfAnotherScanIsRefused) {
    ASSERT_TRUE(StateFile::open(path, "scan of x"));
    const auto other = StateFile::open(path, "scan of y");
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().kind, ErrorKind::conflict);
    std::ofstream(path, std::ios::trunc) << "something else";
    EXPECT_FALSE(StateFile::open(path, "scan of x"));
    EXPECT_EQ(std::filesystem::file_size(path), 14U) << "a file of somebody else is left as it is";
    EXPECT_FALSE(StateFile::open(folder / "no" / "such", "x"));
}

TEST_F(StateFileTest, RemovedWhenAllIsDone) {
    auto file = StateFile::open(path, "x").value();
    file.remove();
    EXPECT_FALSE(std::filesystem::exists(path));
}

} // namespace

} // namespace tutti::scan
