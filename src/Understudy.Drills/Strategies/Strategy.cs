using Understudy.Drills.Traffic;

namespace Understudy.Drills.Strategies;

/// <summary>A way of calling models: the engine, or what programs do without it.</summary>
public abstract class Strategy
{
    /// <summary>Its name, as <c>--against</c> takes it.</summary>
    public abstract string Name { get; }

    /// <summary>What it does, in one line.</summary>
    public abstract string Words { get; }

    /// <summary>A mistake in this program that a call ran into; null while there is none.</summary>
    public Exception? Bug { get; private set; }

    /// <summary>A call comes. The strategy sees to it and tells the recorder of its end.</summary>
    public void Begin(DrillCall call) => _ = GuardAsync(call);

    /// <summary>The drill is over: what is still open is looked up.</summary>
    public virtual void Close()
    {
    }

    /// <summary>Takes a call to its end.</summary>
    protected abstract Task ServeAsync(DrillCall call);

    private async Task GuardAsync(DrillCall call)
    {
        try
        {
            await ServeAsync(call).ConfigureAwait(false);
        }
        catch (Exception bug) // nobody awaits a call: without this a bug would look like a call that hangs
        {
            Bug ??= bug;
        }
    }
}
