//! Codes E02xx: names and modules.

codes! { Names;
    E0201 "unknown name";
    E0202 "unknown type";
    E0203 "a name is declared twice";
    E0204 "a module's file cannot be found";
    E0205 "unknown module of the standard library";
    E0206 "modules use each other in a circle";
    E0207 "a module lies outside the project";
    E0208 "a private name is used from another module";
    E0209 "a module has no such member";
    E0210 "a used file has no name";
    E0211 "the name belongs to the language";
    E0212 "unknown role or person";
    E0213 "not an agent";
    E0214 "two steps or gates of one name";
    E0215 "unknown kind of error";
    E0216 "unknown setting of an agent";
    E0217 "unknown gate";
}
