// `std::format` for C++ libraries without <format> (libstdc++ before 13). Included before every source.
// Knows the plain `{}` alone, which is all that mlx-c uses.
#pragma once
#include <version>
#ifndef __cpp_lib_format
#include <sstream>
#include <string>
#include <string_view>

namespace std {

template <class... Values>
string format(string_view pattern, const Values&... values) {
  ostringstream out;
  auto upto_next_value = [&] {
    size_t end = pattern.find("{}");
    out << pattern.substr(0, end);
    pattern.remove_prefix(end == string_view::npos ? pattern.size() : end + 2);
  };
  ((upto_next_value(), out << values), ...);
  out << pattern;
  return out.str();
}

} // namespace std
#endif
