#include "store/migrate.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace tutti::store {

// The copy of a migration in the program is the file as it stands (a stale build would ship an old one).
TEST(Migrate, EmbedsTheFilesAsTheyAre) {
    const auto folder = std::filesystem::path(__FILE__).parent_path() / "migrations";
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        files += entry.path().extension() == ".sql" ? 1U : 0U;
    EXPECT_EQ(files, migrations().size());
    for (const auto& m : migrations()) {
        bool found = false;
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            std::ifstream in(entry.path());
            const std::string text((std::istreambuf_iterator<char>(in)), {});
            found = found || text == m.sql;
        }
        EXPECT_TRUE(found) << "migration " << m.number;
    }
}

} // namespace tutti::store
