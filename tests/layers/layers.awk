# layers.awk - the house of the library, read off the include lines
#
# Lower floors never know higher ones; ribs (one floor) never meet; from outside a folder only
# its front header is seen; faces know the public headers only; source names are unique.
BEGIN {
    n = split("base num data io store kind model", spine, " ")
    for (i = 1; i <= n; i++) floor[spine[i]] = i
    split("clean transform train evaluate monitor", ribs, " ")
    for (i in ribs) floor[ribs[i]] = 10
    floor["deploy"] = 11; floor["report"] = 12; floor["cycle"] = 13; floor["lib"] = 14
}
function wrong(what) { printf "%s:%d: %s\n", FILENAME, FNR, what; bad++ }
FNR == 1 {
    parts = split(FILENAME, path, "/")
    house = path[1] == "lib"
    own = house ? (parts == 2 ? "lib" : path[2]) : ""
    if (house && !(own in floor)) wrong("folder '" own "' is not in the house")
    if (FILENAME ~ /\.c$/ && seen[path[parts]]++) wrong("a second source called " path[parts])
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, quote, "\""); parts = split(quote[2], to, "/")
    if (!house) {  # include and bindings: their own files and the public headers
        if (parts > 1 && to[1] != "mlcycle") wrong("a face sees public headers only: " quote[2])
    } else if (to[1] == "mlcycle" || quote[2] == "mlcycle.h") {
    } else if (parts != 2 || !(to[1] in floor)) {
        wrong("an include names folder and file: " quote[2])
    } else if (to[1] != own) {
        if (floor[to[1]] >= floor[own]) wrong(own " may not know " to[1] ": " quote[2])
        if (to[2] != to[1] ".h") wrong("only the front header " to[1] "/" to[1] ".h is seen: " quote[2])
    }
}
END { if (bad) { print bad " wrong includes"; exit 1 } }
