#include "app/cli.hpp"

int main(int argc, char** argv) {
    return tutti::app::run(argc, argv);
}
