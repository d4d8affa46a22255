# Writes the key as C, where it is not there already: cmake -DKEY=FILE -DINTO=FILE -P key.cmake
#
# Each build does so, for another key may have an older file.
if(NOT EXISTS "${KEY}")
  message(FATAL_ERROR "CLN_KEY is ${KEY}, which does not exist")
endif()
file(READ "${KEY}" key HEX)
string(LENGTH "${key}" digits)
if(NOT digits EQUAL 64)
  message(FATAL_ERROR "${KEY} is no key: a key has 32 bytes")
endif()
string(REGEX REPLACE "(..)" "0x\\1," key "${key}")
file(CONFIGURE OUTPUT "${INTO}"
  CONTENT "#include \"cln_key.h\"\nconst uint8_t cln_key[CLN_KEY_BYTES] = {${key}};\n")
