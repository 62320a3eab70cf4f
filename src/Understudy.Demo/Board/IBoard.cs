namespace Understudy.Demo.Board;

/// <summary>Shows a scene: as a picture on a terminal, else as lines.</summary>
internal interface IBoard
{
    /// <summary>Shows it until told to stop; then shows its last state, and ends.</summary>
    Task ShowAsync(Scene scene, CancellationToken stop);
}
