using Understudy.PolicyFile.Reading;

namespace Understudy.PolicyFile;

/// <summary>
/// Watches a policy file and the secret files it refers to. What is valid is handed over; what is not is handed over as
/// mistakes, and whoever serves calls keeps what it has.
/// </summary>
/// <remarks>
/// The file system's own events come late, doubled or, over a network and with mounted secrets, never. So an event only
/// brings the next look forward, a slow poll looks anyway, and what counts as a change is the content alone.
/// </remarks>
public sealed class PolicyWatcher : IAsyncDisposable
{
    /// <summary>How long a file must be left alone after an event: an editor writes more than once.</summary>
    public static readonly TimeSpan Debounce = TimeSpan.FromMilliseconds(250);

    /// <summary>How often it looks where no event came.</summary>
    public static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(5);

    private readonly string _path;
    private readonly PolicyEnvironment _environment;
    private readonly Action<PolicyResult> _changed;
    private readonly SemaphoreSlim _looking = new(1, 1);
    private readonly ITimer _next;
    private readonly FileSystemWatcher? _events;
    private IReadOnlyList<string> _secretFiles;
    private string _seen;
    private volatile bool _disposed;

    /// <summary>Starts watching.</summary>
    /// <param name="path">The file.</param>
    /// <param name="read">What was read at the start, so that only a later change is one.</param>
    /// <param name="environment">Where files and references are read from.</param>
    /// <param name="time">The clock of debounce and poll.</param>
    /// <param name="changed">
    /// Called once for each change, one call at a time: with a policy where the file is valid, else with mistakes. It
    /// must not throw.
    /// </param>
    public PolicyWatcher(string path, PolicyResult read, PolicyEnvironment environment, TimeProvider time, Action<PolicyResult> changed)
    {
        _path = path;
        _environment = environment;
        _changed = changed;
        _secretFiles = read.FilesRead;
        _seen = read.Fingerprint ?? Fingerprint();
        _next = time.CreateTimer(_ => _ = CheckNowAsync(CancellationToken.None), null, PollEvery, PollEvery);
        _events = Events(path);
    }

    /// <summary>Looks now, whether or not anything was heard. True where the content had changed.</summary>
    public async Task<bool> CheckNowAsync(CancellationToken cancellationToken)
    {
        if (_disposed) return false;
        await _looking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_disposed) return false;
            if (Fingerprint() == _seen) return false;
            var result = PolicyReader.ReadFile(_path, _environment);
            _secretFiles = result.FilesRead;
            _seen = result.Fingerprint ?? "";
            _changed(result);
            return true;
        }
        finally
        {
            _looking.Release();
        }
    }

    /// <summary>Stops watching; when it returns, no call of the callback is under way.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        _events?.Dispose();
        await _next.DisposeAsync().ConfigureAwait(false);
        // Not disposed: a look that is waiting for it must still find it.
        await _looking.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        _looking.Release();
    }

    private string Fingerprint() => new FileContents(_environment).Fingerprint(_path, _secretFiles);

    private FileSystemWatcher? Events(string path)
    {
        try
        {
            var full = Path.GetFullPath(path);
            var watcher = new FileSystemWatcher(Path.GetDirectoryName(full)!, Path.GetFileName(full));
            watcher.Changed += (_, _) => Heard();
            watcher.Created += (_, _) => Heard();
            watcher.Renamed += (_, _) => Heard();
            watcher.Deleted += (_, _) => Heard();
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception failure) when (failure is IOException or ArgumentException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            // No events to be had (no such folder, inotify used up): the poll alone serves.
            return null;
        }
    }

    private void Heard()
    {
        try
        {
            _next.Change(Debounce, PollEvery);
        }
        catch (ObjectDisposedException)
        {
            // An event that was on its way while the watcher was closed.
        }
    }
}
