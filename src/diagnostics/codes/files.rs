//! Codes E14xx: files of the project.

codes! { Files;
    E1401 "a path leads out of the project";
    E1402 "a path is protected";
    E1403 "there is no such file or folder";
    E1404 "a file is not UTF-8 text";
    E1405 "a file is too large";
    E1406 "no permission for a file or folder";
    E1407 "the disk is full";
    E1408 "a path is of the wrong sort";
    E1409 "a file pattern is not valid";
    E1410 "a file pattern looks at too many files";
    E1411 "a file or folder cannot be used";
    E1412 "the project's folder cannot be opened";
    E1413 "a path is not valid";
}
