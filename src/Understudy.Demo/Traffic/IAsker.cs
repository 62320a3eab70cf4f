namespace Understudy.Demo.Traffic;

/// <summary>A client: asks a question and reads the streamed answer. What goes wrong is thrown, as its SDK throws it.</summary>
internal interface IAsker
{
    /// <summary>Asks, and reads to the end.</summary>
    /// <param name="call">The question; filled in while the answer comes.</param>
    /// <param name="cancellationToken">The show is over.</param>
    Task AskAsync(ClientCall call, CancellationToken cancellationToken);
}
