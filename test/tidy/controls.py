"""Negative controls: for each check, samples that it must flag, and one that it must leave alone."""

TABLE = '''
tutti_module(src/base  DEPS            LIBS fmt::fmt)
tutti_module(src/dns   DEPS base       LIBS PkgConfig::LDNS)
tutti_module(src/plan  DEPS dns        LIBS)
tutti_module(src/net   DEPS dns        LIBS Boost::headers)
tutti_module(sim       DEPS plan       LIBS Boost::json)
tutti_module(app       DEPS net sim
                       LIBS CLI11::CLI11)
'''

# A small project without any fault, for every check.
GOOD = {
    'CMakeLists.txt': TABLE,
    'dev': 'do_test() {\n    true\n}\n',
    'src/base/time.hpp': '''#pragma once
#include <string>
namespace tutti {
inline constexpr int kLimit = 3;
// Unlike system_clock::now(), this is pure.
std::string human(int seconds, std::string unit = {});
int step_of_human(int);
namespace other = std;
class Counter {
  public:
    Counter() = default;
    int next() const { return helper() + 1; }
    static Counter of(int start);
  private:
    int helper() const { static const int step = 1; return step; }
    int start_ = 0;
};
template <class T> struct Pair { T first, second; };
}
''',
    'src/base/time.cpp': '#include "base/time.hpp"\nnamespace tutti {\nnamespace {\nconst char* const kUnit = "co_await";\n}\n'
                         'std::string human(int seconds, std::string) { return std::to_string(seconds) + kUnit; }\n'
                         'int step_of_human(int i) { return i; }\nconst int also = step_of_human(1);\n'
                         'Counter Counter::of(int) { return {}; }\n}\n',
    'src/plan/plan.cpp': '#include "base/time.hpp"\n#include <fmt/format.h>\n'
                         'static auto text() { return tutti::human(tutti::Counter::of(1).next()); }\n'
                         'static tutti::Pair<int> pair() { return {1, 2}; }\n',
    'src/base/time_test.cpp': '#include "base/time.hpp"\nint i = step_of_human(1);\n',
    'src/plan/plan_test.cpp': '#include <gtest/gtest.h>\n#include "test/contract/store.hpp"\n',
    'sim/trace.hpp': '#pragma once\n#include "base/time.hpp"\n',
    'sim/checker/check.cpp': '#include "base/time.hpp"\n#include "sim/trace.hpp"\n',
    'app/main.cpp': '#include <CLI/CLI.hpp>\nint main() { app.add_subcommand("plan", "..."); app.add_flag("--signers"); }\n',
    'README.md': '# Top\nRun `./dev test`, then `tutti plan ZONE --signers a`. See `src/base/time.hpp`, `human()`, '
                 '[above](#top), [it](src/base).\n',
}


def plus(path, text):
    return {**GOOD, path: GOOD.get(path, '') + text}


BAD = {
    'layout': [
        ('upwards', plus('src/base/time.cpp', '#include "plan/plan.hpp"\n'), 'base must not include plan/plan.hpp'),
        ('sideways', plus('src/plan/plan.cpp', '#include "net/client.hpp"\n'), 'plan must not include net/client.hpp'),
        ('app in src', plus('src/net/client.cpp', '#include "app/config.hpp"\n'), 'net must not include app/config.hpp'),
        ('test in src', plus('src/plan/plan.cpp', '#include "test/contract/store.hpp"\n'), 'write "folder/file.hpp"'),
        ('no folder', plus('src/plan/plan.cpp', '#include "plan.hpp"\n'), 'write "folder/file.hpp"'),
        ('unknown folder', plus('src/new/new.cpp', '\n'), 'not in the table'),
        ('outside library', plus('src/plan/plan.cpp', '#include <ldns/ldns.h>\n'), 'PkgConfig::LDNS is not in the LIBS'),
        ('test library', plus('src/plan/plan.cpp', '#include <gtest/gtest.h>\n'), 'is for tests'),
        ('dependent checker', plus('sim/checker/check.cpp', '#include "plan/plan.hpp"\n'), 'the checker is independent'),
    ],
    'pure': [
        ('coroutine', plus('src/plan/plan.cpp', 'task f() { co_await g(); }\n'), 'coroutine'),
        ('clock', plus('src/plan/plan.cpp', 'auto t() { return std::chrono::system_clock::now(); }\n'), 'reads a clock'),
        ('C clock', plus('src/plan/plan.cpp', 'auto t() { return time(nullptr); }\n'), 'reads a clock'),
        ('thread', plus('src/dns/a.cpp', 'std::mutex m;\n'), 'threads'),
        ('header', plus('src/dns/a.cpp', '#include <fstream>\n'), '<fstream>'),
        ('global', plus('src/plan/plan.cpp', 'namespace tutti {\nstd::map<int, int> cache;\n}\n'), 'global variable'),
        ('global with value', plus('src/plan/plan.cpp', 'int calls = 0;\n'), 'global variable'),
        ('global in braces', plus('src/plan/plan.cpp', 'int calls{0};\n'), 'global variable'),
        ('local static', plus('src/plan/plan.cpp', 'int f() { static int n = 0; return ++n; }\n'), 'static variable'),
        ('static member', plus('src/plan/plan.hpp', 'struct A {\n    static int n;\n};\n'), 'static variable'),
    ],
    'unused': [
        ('header', plus('src/plan/extra.hpp', '#pragma once\n'), 'src/plan/extra.hpp:1: included by nobody'),
        ('function', plus('src/base/time.hpp', 'int nobody_calls(int);\n'), 'nobody_calls'),
        ('used by tests only', {**plus('src/base/time.hpp', 'int only_tests(int);\n'),
                                'src/plan/new_test.cpp': 'int x = only_tests(1);\n'}, 'only_tests'),
        ('member', plus('src/base/time.hpp', 'class A {\n  public:\n    int nobody_calls() const;\n};\nusing B = A;\n'),
         'nobody_calls'),
        ('type', plus('src/base/time.hpp', 'struct Forgotten { int a; };\n'), 'Forgotten'),
        ('enum', plus('src/base/time.hpp', 'enum class Forgotten { a };\n'), 'Forgotten'),
    ],
    'text': [
        ('long file', plus('src/plan/long.cpp', '//\n' * 501), '501 lines'),
        ('later', plus('src/plan/plan.cpp', '// TO' 'DO: think\n'), 'left for later'),
        ('home', plus('README.md', 'See /home/' 'someone/notes.\n'), 'path of one machine'),
        ('white space', plus('src/plan/plan.cpp', 'int x; \n'), 'white space'),
    ],
    'doc': [
        ('dev word', plus('README.md', '`./dev fly`\n'), 'no such word: ./dev fly'),
        ('command', plus('doc/tour.md', '```\ntutti fly ZONE\n```\n'), 'no such command: tutti fly'),
        ('option', plus('README.md', '`tutti plan ZONE --loud`\n'), 'no such option: --loud'),
        ('file', plus('README.md', '`src/plan/gone.cpp`\n'), 'no such file: src/plan/gone.cpp'),
        ('function', plus('README.md', '`gone()`\n'), 'no such function: gone()'),
        ('page named in code', plus('src/plan/plan.cpp', '// See doc/gone.md.\n'), 'names doc/gone.md'),
        ('link', plus('README.md', '[x](doc/gone.md)\n'), 'broken link: doc/gone.md'),
        ('anchor', plus('README.md', '[x](#gone)\n'), 'broken link: #gone'),
    ],
}


def samples(check):
    """(what it is, files, a part of the finding that must come; None: no finding may come)."""
    return [('faultless', GOOD, None)] + BAD[check]
