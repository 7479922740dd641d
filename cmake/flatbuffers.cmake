# From each .fbs file a NAME_generated.h: schemas/*.fbs become generated/schemas/NAME_generated.h.
find_program(FLATC flatc REQUIRED)

# vigia_flatc(TARGET OUTPUT_DIR FILE...): a target that makes the headers of the files, which lie in one folder.
function(vigia_flatc target output_dir)
  set(headers)
  foreach(fbs ${ARGN})
    get_filename_component(name ${fbs} NAME_WE)
    get_filename_component(folder ${fbs} DIRECTORY)
    get_filename_component(prefix ${folder} NAME)
    set(header ${output_dir}/${prefix}/${name}_generated.h)
    add_custom_command(
      OUTPUT ${header}
      COMMAND ${FLATC} --cpp --cpp-std c++17 --gen-object-api --gen-compare --keep-prefix --reflect-names
              --gen-name-strings -I ${folder} --include-prefix ${prefix} -o ${output_dir}/${prefix} ${fbs}
      DEPENDS ${ARGN}
      COMMENT "flatc ${prefix}/${name}.fbs")
    list(APPEND headers ${header})
  endforeach()
  add_custom_target(${target}_headers DEPENDS ${headers})
  add_library(${target} INTERFACE)
  target_include_directories(${target} SYSTEM INTERFACE ${output_dir})   # not ours to warn about
  add_dependencies(${target} ${target}_headers)
endfunction()

file(GLOB fbs_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/schemas/*.fbs)
vigia_flatc(vigia_fbs ${CMAKE_BINARY_DIR}/generated ${fbs_files})

# What rules may name: the schemas themselves, as data, in generated/reflection/NAME_bfbs_generated.h.
set(reflection_dir ${CMAKE_BINARY_DIR}/generated/reflection)
set(reflection_headers)
foreach(name access_event alert camera_event seal_event trip_event)
  add_custom_command(
    OUTPUT ${reflection_dir}/${name}_bfbs_generated.h
    COMMAND ${FLATC} --binary --schema --cpp --bfbs-gen-embed -I ${CMAKE_SOURCE_DIR}/schemas -o ${reflection_dir}
            ${CMAKE_SOURCE_DIR}/schemas/${name}.fbs
    DEPENDS ${fbs_files}
    COMMENT "flatc reflection/${name}.fbs")
  list(APPEND reflection_headers ${reflection_dir}/${name}_bfbs_generated.h)
endforeach()
add_custom_target(vigia_reflection DEPENDS ${reflection_headers})
