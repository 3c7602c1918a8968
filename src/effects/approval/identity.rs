//! Who is at the terminal, as far as the operating system knows.

use std::ffi::CStr;

/// The name of the account that this process runs as, by its user id, not by the environment; `uid 1000` where the
/// account has no name.
pub fn os_user() -> String {
    let uid = rustix::process::getuid().as_raw();
    name_of(uid).unwrap_or_else(|| format!("uid {uid}"))
}

fn name_of(uid: u32) -> Option<String> {
    let mut buffer = vec![0; 1024];
    loop {
        // SAFETY: passwd is plain data that getpwuid_r fills, with texts that point into the buffer.
        unsafe {
            let mut entry = std::mem::zeroed::<libc::passwd>();
            let mut found = std::ptr::null_mut();
            let code = libc::getpwuid_r(uid, &mut entry, buffer.as_mut_ptr(), buffer.len(), &mut found);
            match code {
                0 if found.is_null() || entry.pw_name.is_null() => return None,
                0 => return CStr::from_ptr(entry.pw_name).to_str().ok().map(str::to_owned),
                libc::ERANGE if buffer.len() < 1 << 20 => buffer.resize(buffer.len() * 4, 0),
                libc::EINTR => {}
                _ => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_account_has_a_name() {
        assert!(!super::os_user().is_empty());
        assert_eq!(super::name_of(0).as_deref(), Some("root"));
        assert_eq!(super::name_of(3_999_999_999), None);
    }
}
