//! A program in a terminal of its own: types, reads the screen, with a deadline on everything that is waited for.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Far more than anything here takes; only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Screen {
    bytes: Mutex<(Vec<u8>, bool)>,
    changed: Condvar,
}

pub struct Pty {
    master: File,
    child: Child,
    stdin: Option<ChildStdin>,
    screen: Arc<Screen>,
    /// Up to where `wait_for` has read.
    read: usize,
    stdout: Option<std::thread::JoinHandle<Vec<u8>>>,
}

pub struct Finished {
    pub status: ExitStatus,
    /// What the program wrote to standard output, which is not the terminal.
    pub stdout: String,
    /// Everything that the terminal showed, with its control sequences.
    pub screen: String,
}

#[allow(dead_code, reason = "each test file uses its part")]
impl Pty {
    /// Starts the program with a new terminal as its controlling terminal; its standard input is the
    /// given text, or stays open; its standard output is kept. Neither is the terminal.
    pub fn spawn(mut command: Command, rows: u16, columns: u16, stdin: Option<&str>) -> Pty {
        let (master, slave) = open_pair();
        set_size(&master, rows, columns);
        let slave_fd = slave.as_raw_fd();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(slave.try_clone().expect("a handle"));
        // SAFETY: only calls that are allowed between fork and exec.
        unsafe {
            command.pre_exec(move || {
                if libc::setsid() < 0 || libc::ioctl(slave_fd, libc::TIOCSCTTY as _, 0) < 0 {
                    return Err(std::io::Error::last_os_error());
                }
                Ok(())
            });
        }
        let mut child = command.spawn().expect("the program starts");
        drop(slave);
        let mut input = child.stdin.take();
        if let (Some(text), Some(mut input)) = (stdin, input.take_if(|_| stdin.is_some())) {
            // A program that does not read its input closes it.
            let _ = input.write_all(text.as_bytes());
        }
        let mut out = child.stdout.take().expect("standard output is a pipe");
        let stdout = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = out.read_to_end(&mut bytes);
            bytes
        });
        let screen = Arc::new(Screen::default());
        let (mut reader, seen) = (master.try_clone().expect("a handle"), screen.clone());
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                let n = reader.read(&mut buffer).unwrap_or(0);
                let mut bytes = seen.bytes.lock().expect("no panic holds it");
                bytes.0.extend_from_slice(&buffer[..n]);
                bytes.1 |= n == 0;
                seen.changed.notify_all();
                if n == 0 {
                    return;
                }
            }
        });
        Pty { master, child, stdin: input, screen, read: 0, stdout: Some(stdout) }
    }

    /// Waits until the screen shows the text after what was waited for before; gives what stood before it.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut bytes = self.screen.bytes.lock().expect("no panic holds it");
        loop {
            let shown = String::from_utf8_lossy(&bytes.0[self.read..]).into_owned();
            if let Some(at) = shown.find(text) {
                self.read += at + text.len();
                return shown[..at].to_string();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || bytes.1 {
                let whole = String::from_utf8_lossy(&bytes.0).into_owned();
                drop(bytes);
                panic!("the screen never showed {text:?} after byte {}; it shows:\n{whole}", self.read);
            }
            bytes = self.screen.changed.wait_timeout(bytes, left).expect("no panic holds it").0;
        }
    }

    /// Waits for the first of several texts; gives which it is and what stood before it. Nothing if the program ends
    /// before, or the time is up.
    pub fn wait_for_any(&mut self, texts: &[&str], until: Instant) -> Option<(usize, String)> {
        let mut bytes = self.screen.bytes.lock().expect("no panic holds it");
        loop {
            let shown = String::from_utf8_lossy(&bytes.0[self.read..]).into_owned();
            let found = texts.iter().enumerate().filter_map(|(i, text)| Some((shown.find(text)?, i)));
            if let Some((at, which)) = found.min() {
                self.read += at + texts[which].len();
                return Some((which, shown[..at].to_string()));
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || bytes.1 {
                return None;
            }
            bytes = self.screen.changed.wait_timeout(bytes, left).expect("no panic holds it").0;
        }
    }

    /// Types keys, if the program still reads them.
    pub fn try_send(&mut self, keys: &str) {
        let _ = self.master.write_all(keys.as_bytes());
    }

    /// Whether the program has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("our own child")
    }

    pub fn send(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    pub fn type_to_stdin(&mut self, text: &str) {
        let input = self.stdin.as_mut().expect("standard input stays open");
        input.write_all(text.as_bytes()).and_then(|()| input.flush()).expect("the program reads it");
    }

    /// Waits for a prompt, then types a line.
    #[track_caller]
    pub fn answer(&mut self, prompt: &str, line: &str) -> String {
        let before = self.wait_for(prompt);
        self.send(&format!("{line}\r"));
        before
    }

    pub fn resize(&mut self, rows: u16, columns: u16) {
        set_size(&self.master, rows, columns);
    }

    pub fn signal(&self, signal: i32) {
        // SAFETY: sends a signal to our own child, which is not reaped yet.
        unsafe { libc::kill(self.child.id() as i32, signal) };
    }

    /// Whether the terminal echoes and edits lines itself, as a shell wants it.
    pub fn is_ordinary(&self) -> bool {
        // SAFETY: tcgetattr fills plain data.
        let mode = unsafe {
            let mut mode = std::mem::zeroed::<libc::termios>();
            assert_eq!(libc::tcgetattr(self.master.as_raw_fd(), &mut mode), 0);
            mode
        };
        let wanted = libc::ICANON | libc::ECHO | libc::ISIG;
        mode.c_lflag & wanted == wanted
    }

    #[track_caller]
    pub fn wait_until_ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("our own child") {
                return status;
            }
            let shown =
                String::from_utf8_lossy(&self.screen.bytes.lock().expect("no panic holds it").0).into_owned();
            assert!(Instant::now() < deadline, "the program did not end; the screen shows:\n{shown}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for the program's end.
    #[track_caller]
    pub fn finish(mut self) -> Finished {
        let deadline = Instant::now() + PATIENCE;
        let status = self.wait_until_ended();
        let out = self.stdout.take().and_then(|t| t.join().ok()).unwrap_or_default();
        let mut bytes = self.screen.bytes.lock().expect("no panic holds it");
        while !bytes.1 && Instant::now() < deadline {
            bytes =
                self.screen.changed.wait_timeout(bytes, Duration::from_secs(1)).expect("no panic holds it").0;
        }
        let screen = String::from_utf8_lossy(&bytes.0).into_owned();
        drop(bytes);
        Finished { status, stdout: String::from_utf8_lossy(&out).into_owned(), screen }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn open_pair() -> (File, File) {
    // SAFETY: each call is checked; the descriptors are new and owned by the files.
    unsafe {
        let master = libc::posix_openpt(libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC);
        assert!(master >= 0, "a pseudo-terminal: {}", std::io::Error::last_os_error());
        assert_eq!(libc::grantpt(master), 0);
        assert_eq!(libc::unlockpt(master), 0);
        let mut name = [0; 128];
        assert_eq!(libc::ptsname_r(master, name.as_mut_ptr(), name.len()), 0);
        let slave = libc::open(name.as_ptr(), libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC);
        assert!(slave >= 0, "its other end: {}", std::io::Error::last_os_error());
        (File::from_raw_fd(master), File::from_raw_fd(slave))
    }
}

fn set_size(master: &File, rows: u16, columns: u16) {
    let size = libc::winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the size is read from plain data.
    unsafe { libc::ioctl(master.as_raw_fd(), libc::TIOCSWINSZ as _, &size) };
}
