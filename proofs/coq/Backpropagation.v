(** The whole theorem in one statement: from any state, 2L steps of the doubled dynamics give the gradient.

    A network has vertices 0, ..., n - 1, numbered in topological order.  Vertex v has an activation in a normed
    space [X v] and a map [f v] that reads the parameters [theta], shared freely between vertices, and the
    activations of its parents, of which there may be any number.  The cost reads the parameters and any set of
    activations.  The energy is

        E(x, s; theta) = sum over v of s_v(f_v(theta, x) - x_v) + C(theta, x),

    where s_v is a functional on [X v]; the unit step of the dynamics sets, at all vertices at once,

        x_v <- f_v(theta, x),      s_v <- sum over children c of s_c o D_v f_c(theta, x) + D_v C(theta, x).

    If no path has more than L vertices, then [2 * L] steps from any state lead to a state at which x is the
    feedforward activation, every s_v is the derivative of the cost in x_v, and dE/dtheta, x and s held fixed, is
    the derivative of the cost as a function of theta, everything being fed forward.

    Assumed of the maps: f_v reads only its parents, and f_v and C are differentiable, with derivatives [Df v] and
    [Dcost], at the one point where feeding theta forward evaluates them.  Elsewhere [Df] and [Dcost] may be
    anything (a convention at the kink of relu, say), and the initial s_v may be any functions, not even linear.

    The dynamics is an instance of the system of Dyadic.v, from which the number of steps comes; that a fixed
    point solves the hypotheses of Gradient.v is shown here; the calculus is there. *)

From Coq Require Import Reals Arith Lia Lra Bool Eqdep_dec Peano_dec FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Dyadic Require Import Stabilisation Dyadic Gradient.
Open Scope nat_scope.

(** ** Sums and largest values over 0, ..., n - 1 *)

Fixpoint sum_below (n : nat) (F : nat -> R) : R :=
  match n with O => 0%R | S m => (sum_below m F + F m)%R end.

Lemma sum_below_ext : forall n F G, (forall c, c < n -> F c = G c) -> sum_below n F = sum_below n G.
Proof.
  induction n as [|n IH]; intros F G H; simpl; [reflexivity|].
  rewrite (IH F G) by (intros; apply H; lia). now rewrite H by lia.
Qed.

Lemma sum_below_zero : forall n F, (forall c, c < n -> F c = 0%R) -> sum_below n F = 0%R.
Proof.
  induction n as [|n IH]; intros F H; simpl; [reflexivity|].
  rewrite IH by (intros; apply H; lia). rewrite H by lia. lra.
Qed.

Lemma sum_below_minus : forall n F G, sum_below n (fun c => (F c - G c)%R) = (sum_below n F - sum_below n G)%R.
Proof. induction n as [|n IH]; intros F G; simpl; [lra|]. rewrite IH. lra. Qed.

Lemma sum_below_single : forall n u F, u < n -> (forall c, c < n -> c <> u -> F c = 0%R) -> sum_below n F = F u.
Proof.
  induction n as [|n IH]; intros u F Hu H; [lia|]. simpl. destruct (Nat.eq_dec u n) as [->|Hne].
  - rewrite sum_below_zero by (intros; apply H; lia). lra.
  - rewrite (IH u) by (lia || (intros; apply H; lia)). rewrite (H n) by lia. lra.
Qed.

Lemma sum_below_differentiable : forall (U : NormedModule R_AbsRing) (u : U) n (F : nat -> U -> R_NormedModule) DF,
  (forall c, c < n -> filterdiff (F c) (locally u) (DF c)) ->
  filterdiff (fun t => sum_below n (fun c => F c t) : R_NormedModule) (locally u)
    (fun h => sum_below n (fun c => DF c h) : R_NormedModule).
Proof.
  intros U u n F DF. induction n as [|n IH]; intro H.
  - apply (filterdiff_const (0%R : R_NormedModule)).
  - apply (filterdiff_plus_fct (fun t => sum_below n (fun c => F c t) : R_NormedModule) (F n)).
    + apply IH. intros c Hc. apply H. lia.
    + apply H. lia.
Qed.

Fixpoint max_below (n : nat) (F : nat -> nat) : nat :=
  match n with O => 0 | S m => Nat.max (max_below m F) (F m) end.

Lemma max_below_ext : forall n F G, (forall c, c < n -> F c = G c) -> max_below n F = max_below n G.
Proof.
  induction n as [|n IH]; intros F G H; simpl; [reflexivity|].
  rewrite (IH F G) by (intros; apply H; lia). now rewrite H by lia.
Qed.

Lemma max_below_bound : forall n F c, c < n -> F c <= max_below n F.
Proof.
  induction n as [|n IH]; intros F c Hc; [lia|]. simpl.
  destruct (Nat.eq_dec c n) as [->|Hne]; [lia|]. specialize (IH F c ltac:(lia)). lia.
Qed.

Lemma max_below_attained : forall n F, max_below n F = 0 \/ exists c, c < n /\ max_below n F = F c.
Proof.
  induction n as [|n IH]; intro F; simpl; [now left|].
  destruct (Nat.max_dec (max_below n F) (F n)) as [->| ->].
  - destruct (IH F) as [H|[c [Hc H]]]; [now left | right; exists c; split; [lia | exact H]].
  - right. exists n. split; [lia | reflexivity].
Qed.

(** ** A derivative vanishes in the directions in which the map is constant *)

Lemma derivative_along_constant : forall (U W : NormedModule R_AbsRing) (F : U -> W) e DF h,
  filterdiff F (locally e) DF -> (forall k : R, F (plus e (scal k h)) = F e) -> DF h = zero.
Proof.
  intros U W F e DF h [linear small] constant.
  apply norm_eq_zero. apply Rle_antisym; [|apply norm_ge_0].
  apply le_epsilon. intros eps Heps. rewrite Rplus_0_l.
  pose proof (norm_ge_0 h) as Hh.
  assert (Hd : (0 < eps / (norm h + 1))%R) by (apply Rdiv_lt_0_compat; lra).
  destruct (small e (fun P H => H) (mkposreal _ Hd)) as [delta near].
  set (k := (delta / (norm h + 1))%R).
  assert (Hk : (0 < k)%R) by (apply Rdiv_lt_0_compat; [apply cond_pos | lra]).
  assert (Hscal : (norm (scal k h) <= k * norm h)%R).
  { pose proof (norm_scal k h) as H. change (abs k) with (Rabs k) in H. now rewrite Rabs_right in H by lra. }
  assert (Hback : minus (plus e (scal k h)) e = scal k h).
  { unfold minus. rewrite (plus_comm e), <- plus_assoc, plus_opp_r. apply plus_zero_r. }
  assert (Hball : ball e delta (plus e (scal k h))).
  { apply (norm_compat1 e). rewrite Hback. apply (Rle_lt_trans _ _ _ Hscal).
    apply Rlt_le_trans with (k * (norm h + 1))%R.
    - apply Rmult_lt_compat_l; [exact Hk | lra].
    - right. unfold k. field. lra. }
  specialize (near _ Hball). simpl in near. rewrite Hback, constant in near.
  assert (Hnorm : norm (minus (minus (F e) (F e)) (DF (scal k h))) = norm (scal k (DF h))).
  { rewrite (linear_scal _ linear). unfold minus. rewrite plus_opp_r, plus_zero_l. apply norm_opp. }
  rewrite Hnorm in near.
  assert (Hunit : DF h = scal (/ k)%R (scal k (DF h))).
  { rewrite scal_assoc. change (mult (/ k)%R k) with (/ k * k)%R. rewrite Rinv_l by lra.
    symmetry. exact (scal_one (DF h)). }
  assert (Hinv : (0 < / k)%R) by now apply Rinv_0_lt_compat.
  rewrite Hunit. eapply Rle_trans; [apply (norm_scal (/ k)%R (scal k (DF h)))|].
  change (abs (/ k)%R) with (Rabs (/ k)). rewrite Rabs_right by lra.
  apply Rle_trans with (/ k * (eps / (norm h + 1) * (k * (norm h + 1))))%R.
  - apply Rmult_le_compat_l; [lra|]. apply (Rle_trans _ _ _ near).
    apply Rmult_le_compat_l; [lra|]. apply (Rle_trans _ _ _ Hscal). apply Rmult_le_compat_l; lra.
  - right. field. lra.
Qed.

Section Network.
  Variable Theta : NormedModule R_AbsRing.
  Variable X : nat -> NormedModule R_AbsRing.
  Variable n : nat.

  (** [E v], from Gradient.v: the parameters together with the activations of the vertices before v. *)
  Let E := E Theta X.
  Variable f : forall v, E v -> X v.
  Variable Df : forall v, E v -> E v -> X v.
  Variable cost : E n -> R_NormedModule.
  Variable Dcost : E n -> E n -> R_NormedModule.

  (** [parent u v]: the map of v reads the activation of u. *)
  Variable parent : nat -> nat -> bool.
  Hypothesis parents_first : forall u v, parent u v = true -> u < v.

  (** Two environments with the same parameters and the same activations at the parents of [w]. *)
  Fixpoint agree_at_parents (w v : nat) : E v -> E v -> Prop :=
    match v return E v -> E v -> Prop with
    | O => fun e e' => e = e'
    | S u => fun e e' => agree_at_parents w u (fst e) (fst e') /\ (parent u w = true -> snd e = snd e')
    end.
  Hypothesis f_reads_parents : forall v e e', v < n -> agree_at_parents v v e e' -> f v e = f v e'.

  (** No path has more than [L] vertices. *)
  Inductive path : nat -> nat -> Prop :=
  | single : forall v, path 1 v
  | longer : forall k u v, path k u -> parent u v = true -> path (S k) v.
  Variable L : nat.
  Hypothesis paths_bounded : forall k v, v < n -> path k v -> k <= L.

  (** ** Feeding forward *)

  (** The parameters and the activations before v, fed forward from t. *)
  Fixpoint feedforward (t : Theta) (v : nat) : E v :=
    match v return E v with
    | O => t
    | S u => (feedforward t u, f u (feedforward t u))
    end.
  Definition feedforward_cost (t : Theta) : R_NormedModule := cost (feedforward t n).

  (** [instead u y v other]: y if v is u, otherwise other. *)
  Definition instead (u : nat) (y : X u) (v : nat) (other : X v) : X v :=
    match Nat.eq_dec u v with left H => eq_rect u X y v H | right _ => other end.

  Lemma instead_same : forall u y other, instead u y u other = y.
  Proof.
    intros u y other. unfold instead. destruct (Nat.eq_dec u u) as [H|H]; [|now destruct H].
    now rewrite (UIP_refl_nat u H).
  Qed.

  Lemma instead_other : forall u y v other, u <> v -> instead u y v other = other.
  Proof. intros u y v other H. unfold instead. now destruct (Nat.eq_dec u v). Qed.

  (** The same with the activation of u replaced by y; the vertices after u are fed forward from it. *)
  Fixpoint feedforward_with (t : Theta) (u : nat) (y : X u) (v : nat) : E v :=
    match v return E v with
    | O => t
    | S w => (feedforward_with t u y w, instead u y w (f w (feedforward_with t u y w)))
    end.

  (** The maps and the cost are differentiable where theta fed forward evaluates them. *)
  Variable theta : Theta.
  Hypothesis f_differentiable : forall v, v < n ->
    filterdiff (f v) (locally (feedforward theta v)) (Df v (feedforward theta v)).
  Hypothesis cost_differentiable :
    filterdiff cost (locally (feedforward theta n)) (Dcost (feedforward theta n)).

  (** ** The energy *)

  (** Parameters and the activations before v of a state, or a direction in that space. *)
  Fixpoint collect (t : Theta) (x : forall v, X v) (v : nat) : E v :=
    match v return E v with
    | O => t
    | S u => (collect t x u, x u)
    end.

  Definition energy (t : Theta) (x : forall v, X v) (s : forall v, X v -> R_NormedModule) : R_NormedModule :=
    (sum_below n (fun v => s v (minus (f v (collect t x v)) (x v))) + cost (collect t x n))%R.

  (** The direction that moves theta by h and no activation, and the one that moves x_u by w and nothing else. *)
  Definition along_theta (h : Theta) : forall v, E v := collect h (fun _ => zero).
  Definition along (u : nat) (w : X u) : forall v, E v := collect zero (fun v => instead u w v zero).

  (** dE/dtheta: the sum over v of s_v o D_theta f_v, and D_theta C. *)
  Definition parameter_gradient (x : forall v, X v) (s : forall v, X v -> R_NormedModule) (h : Theta) :
      R_NormedModule :=
    (sum_below n (fun v => s v (Df v (collect theta x v) (along_theta h v)))
      + Dcost (collect theta x n) (along_theta h n))%R.

  (** ** The dynamics, an instance of Dyadic.v *)

  (** A vertex is a position below n.  A family over the vertices, with [blank] at positions that hold none. *)
  Definition node := {v : nat | v < n}.
  Definition position (u : node) : nat := proj1_sig u.
  Definition everywhere (P : nat -> Type) (blank : forall v, P v) (x : forall u : node, P (position u)) :
      forall v, P v :=
    fun v => match lt_dec v n with left H => x (exist _ v H) | right _ => blank v end.

  Lemma everywhere_node : forall P blank x (u : node), everywhere P blank x (position u) = x u.
  Proof.
    intros P blank x [v H]. unfold everywhere, position. simpl.
    destruct (lt_dec v n) as [H'|H']; [|contradiction]. now rewrite (le_unique _ _ H' H).
  Qed.

  Lemma everywhere_ext : forall P blank x y v,
    (forall u : node, position u = v -> x u = y u) -> everywhere P blank x v = everywhere P blank y v.
  Proof.
    intros P blank x y v H. unfold everywhere. destruct (lt_dec v n) as [Hv|Hv]; [|reflexivity].
    exact (H (exist _ v Hv) eq_refl).
  Qed.

  Definition all_activations : (forall u : node, X (position u)) -> forall v, X v :=
    everywhere (fun v => X v) (fun v => zero).
  Definition all_sensitivities : (forall u : node, X (position u) -> R_NormedModule) ->
      forall v, X v -> R_NormedModule :=
    everywhere (fun v => X v -> R_NormedModule) (fun v _ => zero).

  (** x_v <- f_v(theta, x) *)
  Definition new_activation (v : nat) (x : forall v, X v) : X v := f v (collect theta x v).

  (** s_v <- sum over children c of s_c o D_v f_c + D_v C *)
  Definition new_sensitivity (v : nat) (x : forall v, X v) (s : forall v, X v -> R_NormedModule) :
      X v -> R_NormedModule :=
    fun w => (sum_below n (fun c => if parent v c then s c (Df c (collect theta x c) (along v w c)) else 0)
               + Dcost (collect theta x n) (along v w n))%R.

  Definition A (u : node) : Type := X (position u).
  Definition B (u : node) : Type := X (position u) -> R_NormedModule.
  Definition f_node (u : node) (x : forall u, A u) : A u := new_activation (position u) (all_activations x).
  Definition g_node (u : node) (x : forall u, A u) (s : forall u, B u) : B u :=
    new_sensitivity (position u) (all_activations x) (all_sensitivities s).

  (** States of the network, and the state after k unit steps. *)
  Definition network_state : Type := state (variable node) (space node A B).
  Definition after (k : nat) : network_state -> network_state :=
    run (variable node) (space node A B) (doubled_update node A B f_node g_node) k.
  Definition x_of (z : network_state) : forall v, X v := all_activations (activations node A B z).
  Definition s_of (z : network_state) : forall v, X v -> R_NormedModule :=
    all_sensitivities (sensitivities node A B z).

  (** ** The longest path that ends at a vertex *)

  (** The recursion is along [fuel], more than v of which changes nothing. *)
  Fixpoint longest (fuel v : nat) : nat :=
    match fuel with
    | O => 0
    | S k => S (max_below v (fun u => if parent u v then longest k u else 0))
    end.
  Definition depth (v : nat) : nat := longest n v.

  Lemma longest_enough : forall k v, v < k -> longest (S k) v = longest k v.
  Proof.
    induction k as [|k IH]; intros v Hv; [lia|].
    change (longest (S (S k)) v) with (S (max_below v (fun u => if parent u v then longest (S k) u else 0))).
    simpl. f_equal. apply max_below_ext. intros u Hu.
    destruct (parent u v); [|reflexivity]. apply IH. lia.
  Qed.

  Lemma longest_is_path : forall k v, v < k -> path (longest k v) v.
  Proof.
    induction k as [|k IH]; intros v Hv; [lia|]. simpl.
    destruct (max_below_attained v (fun u => if parent u v then longest k u else 0)) as [->|[u [Hu ->]]].
    - apply single.
    - destruct (parent u v) eqn:Hp; [|apply single].
      apply longer with u; [apply IH; lia | exact Hp].
  Qed.

  Lemma depth_grows : forall u v, v < n -> parent u v = true -> depth u < depth v.
  Proof.
    intros u v Hv Hp. pose proof (parents_first u v Hp) as Hu. unfold depth.
    rewrite <- (longest_enough n v Hv). simpl. apply Nat.lt_succ_r.
    pose proof (max_below_bound v (fun u => if parent u v then longest n u else 0) u Hu) as H.
    simpl in H. now rewrite Hp in H.
  Qed.

  Lemma depth_in_range : forall v, v < n -> 1 <= depth v <= L.
  Proof.
    intros v Hv. unfold depth. split.
    - destruct n as [|m]; simpl; lia.
    - apply (paths_bounded _ v Hv). now apply longest_is_path.
  Qed.

  (** ** The updates read only what the ranks allow *)

  Lemma collect_agrees : forall w t x y v, v <= w ->
    (forall u, u < v -> parent u w = true -> x u = y u) -> agree_at_parents w v (collect t x v) (collect t y v).
  Proof.
    intros w t x y. induction v as [|u IH]; intros Hv H; simpl; [reflexivity|].
    split; [apply IH; [lia|] | apply H; lia]. intros u' Hu'. apply H. lia.
  Qed.

  Lemma collect_ext : forall t x y v, (forall u, u < v -> x u = y u) -> collect t x v = collect t y v.
  Proof.
    intros t x y. induction v as [|u IH]; intro H; simpl; [reflexivity|].
    rewrite IH by (intros; apply H; lia). now rewrite H by lia.
  Qed.

  Lemma f_node_reads : forall (u : node) x y,
    (forall w, depth (position w) < depth (position u) -> x w = y w) -> f_node u x = f_node u y.
  Proof.
    intros [v Hv] x y H. unfold f_node, new_activation, position. simpl.
    apply f_reads_parents; [exact Hv|]. apply collect_agrees; [lia|].
    intros u Hu Hp. apply (everywhere_ext (fun v => X v)). intros w Hw. apply H. rewrite Hw. now apply depth_grows.
  Qed.

  Lemma g_node_reads : forall (u : node) x y s t, (forall w, x w = y w) ->
    (forall w, L - depth (position w) < L - depth (position u) -> s w = t w) -> g_node u x s = g_node u y t.
  Proof.
    intros [v Hv] x y s t Hx Hs. unfold g_node, new_sensitivity, position. simpl.
    apply functional_extensionality. intro w.
    assert (Hall : forall c, collect theta (all_activations x) c = collect theta (all_activations y) c).
    { intro c. apply collect_ext. intros. apply (everywhere_ext (fun v => X v)). intros. apply Hx. }
    rewrite Hall. f_equal. apply sum_below_ext. intros c Hc.
    destruct (parent v c) eqn:Hp; [|reflexivity]. rewrite Hall.
    assert (Hsc : all_sensitivities s c = all_sensitivities t c); [|now rewrite Hsc].
    apply (everywhere_ext (fun v => X v -> R_NormedModule)). intros w' Hw'. apply Hs. rewrite Hw'. simpl.
    pose proof (depth_grows v c Hc Hp). pose proof (depth_in_range c Hc). lia.
  Qed.

  (** Dyadic.v: 2L steps from any state lead to a fixed point, which as equations over all vertices says: *)
  Lemma after_2L_steps : forall z v, v < n ->
    x_of (after (2 * L) z) v = new_activation v (x_of (after (2 * L) z)) /\
    s_of (after (2 * L) z) v = new_sensitivity v (x_of (after (2 * L) z)) (s_of (after (2 * L) z)).
  Proof.
    intros z v Hv. set (u := exist _ v Hv : node).
    assert (Hfixed : fixed_point (variable node) (space node A B) (doubled_update node A B f_node g_node)
                       (after (2 * L) z)).
    { apply fixed_point_reached with (depth := fun u => depth (position u))
                                     (height := fun u => L - depth (position u)).
      - intros [w Hw]. now apply depth_in_range.
      - intros [w Hw]. pose proof (depth_in_range w Hw). simpl. lia.
      - apply f_node_reads.
      - apply g_node_reads. }
    split.
    - transitivity (activations node A B (after (2 * L) z) u).
      + apply (everywhere_node (fun v => X v) (fun v => zero) (activations node A B (after (2 * L) z)) u).
      + symmetry. apply (Hfixed (inl u)).
    - transitivity (sensitivities node A B (after (2 * L) z) u).
      + apply (everywhere_node (fun v => X v -> R_NormedModule) (fun v _ => zero)
                 (sensitivities node A B (after (2 * L) z)) u).
      + symmetry. apply (Hfixed (inr u)).
  Qed.

  (** ** Directions that move one activation *)

  (** Moving x_u moves nothing that stands before u or at it, ... *)
  Lemma along_before : forall u w v, v <= u -> along u w v = zero.
  Proof.
    intros u w. unfold along. induction v as [|v IH]; intro Hv; simpl; [reflexivity|].
    rewrite IH by lia. now rewrite instead_other by lia.
  Qed.

  Lemma along_zero : forall u v, along u zero v = zero.
  Proof.
    intro u. unfold along. induction v as [|v IH]; simpl; [reflexivity|]. rewrite IH.
    destruct (Nat.eq_dec u v) as [<-|Hne]; [now rewrite instead_same | now rewrite instead_other].
  Qed.

  Lemma no_step : forall (V : NormedModule R_AbsRing) (k : R) (e : V), plus e (scal k zero) = e.
  Proof.
    intros V k e. transitivity (plus e zero); [|apply plus_zero_r].
    apply (f_equal (plus e)). exact (scal_zero_r k).
  Qed.

  (** ... and does not change the value of a map that does not read it. *)
  Lemma agree_not_parent : forall u w c k v (e : E v), parent u c = false ->
    agree_at_parents c v (plus e (scal k (along u w v))) e.
  Proof.
    intros u w c k v e Hp. unfold along. induction v as [|v IH]; simpl.
    - apply (no_step Theta).
    - split; [apply IH|]. intro Hv.
      rewrite instead_other by (intros ->; congruence). apply (no_step (X v)).
  Qed.

  Lemma Df_not_parent : forall u w c e, c < n -> filterdiff (f c) (locally e) (Df c e) ->
    parent u c = false -> Df c e (along u w c) = zero.
  Proof.
    intros u w c e Hc Hf Hp. apply (derivative_along_constant _ _ (f c) e); [exact Hf|].
    intro k. apply f_reads_parents; [exact Hc|]. now apply agree_not_parent.
  Qed.

  (** ** The unit step ascends the energy *)

  (** At a state where the maps and the cost are differentiable and every s_v is linear and continuous, the step is
      x_v <- x_v + dE/ds_v and s_v <- s_v + dE/dx_v: one Euler step, of size 1, of the saddle-point dynamics
      dx/dt = dE/ds, ds/dt = dE/dx. *)
  Section Ascent.
    Variable x : forall v, X v.
    Variable s : forall v, X v -> R_NormedModule.
    Hypothesis f_differentiable_here : forall v, v < n ->
      filterdiff (f v) (locally (collect theta x v)) (Df v (collect theta x v)).
    Hypothesis cost_differentiable_here :
      filterdiff cost (locally (collect theta x n)) (Dcost (collect theta x n)).
    Hypothesis s_linear : forall v, v < n -> is_linear (s v).

    (** x with x_u replaced by y. *)
    Definition moved (u : nat) (y : X u) : forall v, X v := fun v => instead u y v (x v).

    Lemma collect_at_rest : forall u v, collect theta (moved u (x u)) v = collect theta x v.
    Proof.
      intros u v. apply collect_ext. intros w _. unfold moved.
      destruct (Nat.eq_dec u w) as [<-|Hne]; [apply instead_same | now apply instead_other].
    Qed.

    Lemma instead_differentiable : forall u v other e,
      filterdiff (fun y => instead u y v other) (locally e) (fun w => instead u w v zero).
    Proof.
      intros u v other e. destruct (Nat.eq_dec u v) as [<-|Hne].
      - apply filterdiff_ext with (fun y => y); [intro y; symmetry; apply instead_same|].
        apply (filterdiff_ext_lin _ (fun w => w)); [apply filterdiff_id | intro w; symmetry; apply instead_same].
      - apply filterdiff_ext with (fun _ => other); [intro y; symmetry; now apply instead_other|].
        apply (filterdiff_ext_lin _ (fun _ => zero)); [apply filterdiff_const|].
        intro w. symmetry. now apply instead_other.
    Qed.

    Lemma moved_differentiable : forall u v,
      filterdiff (fun y => collect theta (moved u y) v) (locally (x u)) (fun w => along u w v).
    Proof.
      intros u. unfold along. induction v as [|v IH]; simpl; [apply filterdiff_const|].
      apply (filterdiff_comp'_2 (fun y => collect theta (moved u y) v) (fun y => moved u y v)
               (fun a b => (a, b) : prod_NormedModule R_AbsRing (E v) (X v)) (x u)
               (fun w => collect zero (fun v => instead u w v zero) v) (fun w => instead u w v zero)
               (fun a b => (a, b) : prod_NormedModule R_AbsRing (E v) (X v))).
      - exact IH.
      - apply instead_differentiable.
      - apply filterdiff_linear. apply is_linear_prod; [apply is_linear_fst | apply is_linear_snd].
    Qed.

    Lemma linear_minus : forall v a b, v < n -> s v (minus a b) = (s v a - s v b)%R.
    Proof.
      intros v a b Hv. destruct (s_linear v Hv) as [additive homogeneous _].
      assert (Hopp : s v (opp b) = opp (s v b)).
      { transitivity (s v (scal (opp one) b)).
        - apply f_equal. symmetry. exact (scal_opp_one b).
        - rewrite homogeneous. exact (scal_opp_one (s v b)). }
      unfold minus. rewrite additive, Hopp. reflexivity.
    Qed.

    (** The derivative of the energy in x_u is what the step adds to s_u, ... *)
    Lemma energy_in_x : forall u, u < n ->
      filterdiff (fun y => energy theta (moved u y) s) (locally (x u))
        (fun w => minus (new_sensitivity u x s w) (s u w)).
    Proof.
      intros u Hu.
      apply (filterdiff_ext_lin _ (fun w => plus
        (sum_below n (fun v => s v (minus (Df v (collect theta x v) (along u w v)) (instead u w v zero))) : R_NormedModule)
        (Dcost (collect theta x n) (along u w n)))).
      - apply (filterdiff_plus_fct
          (fun y => sum_below n (fun v => s v (minus (f v (collect theta (moved u y) v)) (moved u y v))) : R_NormedModule)
          (fun y => cost (collect theta (moved u y) n))).
        + apply (sum_below_differentiable (X u) (x u) n
                   (fun v y => s v (minus (f v (collect theta (moved u y) v)) (moved u y v)))
                   (fun v w => s v (minus (Df v (collect theta x v) (along u w v)) (instead u w v zero)))).
          intros v Hv.
          apply (filterdiff_comp' (fun y => minus (f v (collect theta (moved u y) v)) (moved u y v)) (s v) (x u)
                   (fun w => minus (Df v (collect theta x v) (along u w v)) (instead u w v zero)) (s v)).
          * apply (filterdiff_minus_fct (fun y => f v (collect theta (moved u y) v)) (fun y => moved u y v)).
            -- apply (filterdiff_comp' (fun y => collect theta (moved u y) v) (f v)); [apply moved_differentiable|].
               rewrite collect_at_rest. now apply f_differentiable_here.
            -- apply instead_differentiable.
          * apply filterdiff_linear. now apply s_linear.
        + apply (filterdiff_comp' (fun y => collect theta (moved u y) n) cost); [apply moved_differentiable|].
          rewrite collect_at_rest. exact cost_differentiable_here.
      - intro w.
        rewrite (sum_below_ext n _ (fun v =>
          (if parent u v then s v (Df v (collect theta x v) (along u w v)) else 0) - s v (instead u w v zero))%R).
        + rewrite sum_below_minus, (sum_below_single n u (fun v => s v (instead u w v zero)) Hu).
          * rewrite instead_same. unfold new_sensitivity.
            change (minus ?a ?b) with (a - b)%R. change (plus ?a ?b) with (a + b)%R. lra.
          * intros v Hv Hne. rewrite instead_other by congruence. apply (linear_zero (s v)). now apply s_linear.
        + intros v Hv. rewrite linear_minus by exact Hv. f_equal.
          destruct (parent u v) eqn:Hp; [reflexivity|].
          rewrite Df_not_parent by auto. apply (linear_zero (s v)). now apply s_linear.
    Qed.

    (** ... and the energy is affine in s_u, with what the step adds to x_u as its coefficient. *)
    Lemma energy_in_s : forall u s', u < n -> (forall v, v < n -> v <> u -> s' v = s v) ->
      let dx := minus (new_activation u x) (x u) in
      (energy theta x s' - energy theta x s = s' u dx - s u dx)%R.
    Proof.
      intros u s' Hu H dx. unfold energy, dx, new_activation.
      pose proof (sum_below_minus n (fun v => s' v (minus (f v (collect theta x v)) (x v)))
                    (fun v => s v (minus (f v (collect theta x v)) (x v)))) as Hsum.
      rewrite (sum_below_single n u _ Hu) in Hsum; [lra|].
      intros v Hv Hne. rewrite H by assumption. lra.
    Qed.

    Theorem step_ascends_energy : forall u, u < n ->
      filterdiff (fun y => energy theta (moved u y) s) (locally (x u))
        (fun w => minus (new_sensitivity u x s w) (s u w)) /\
      forall s', (forall v, v < n -> v <> u -> s' v = s v) ->
        let dx := minus (new_activation u x) (x u) in
        (energy theta x s' - energy theta x s = s' u dx - s u dx)%R.
    Proof. intros u Hu. split; [now apply energy_in_x | intros s' Hs'; now apply energy_in_s]. Qed.
  End Ascent.

  (** ** A fixed point solves the hypotheses of Gradient.v *)

  Section FixedPoint.
    Variable x : forall v, X v.
    Variable s : forall v, X v -> R_NormedModule.
    Hypothesis x_fixed : forall v, v < n -> x v = new_activation v x.
    Hypothesis s_fixed : forall v, v < n -> s v = new_sensitivity v x s.

    (** The activations are those of feeding forward. *)
    Lemma collect_is_feedforward : forall v, v <= n -> collect theta x v = feedforward theta v.
    Proof.
      induction v as [|v IH]; intro Hv; simpl; [reflexivity|].
      rewrite x_fixed by lia. unfold new_activation. now rewrite IH by lia.
    Qed.

    Lemma Df_linear : forall v, v < n -> is_linear (Df v (collect theta x v)).
    Proof. intros v Hv. rewrite collect_is_feedforward by lia. apply (f_differentiable v Hv). Qed.

    Lemma Dcost_linear : is_linear (Dcost (collect theta x n)).
    Proof. rewrite collect_is_feedforward by lia. apply cost_differentiable. Qed.

    (** The sensitivities vanish at zero: by induction from the last vertex to the first. *)
    Lemma s_zero : forall v, v < n -> s v zero = 0%R.
    Proof.
      intro v. remember (n - v) as k eqn:Hk. revert v Hk.
      induction k as [k IH] using lt_wf_ind. intros v Hk Hv.
      rewrite s_fixed by exact Hv. unfold new_sensitivity.
      rewrite sum_below_zero.
      - rewrite along_zero, (linear_zero _ Dcost_linear). apply Rplus_0_l.
      - intros c Hc. destruct (parent v c) eqn:Hp; [|reflexivity].
        rewrite along_zero, (linear_zero _ (Df_linear c Hc)).
        pose proof (parents_first v c Hp). now apply (IH (n - c)); [lia| |].
    Qed.

    (** So the sum over the children is a sum over all vertices. *)
    Lemma s_is_total : forall u w, u < n -> s u w =
      (sum_below n (fun c => s c (Df c (collect theta x c) (along u w c))) + Dcost (collect theta x n) (along u w n))%R.
    Proof.
      intros u w Hu. rewrite s_fixed by exact Hu. unfold new_sensitivity. f_equal.
      apply sum_below_ext. intros c Hc. destruct (parent u c) eqn:Hp; [reflexivity|].
      rewrite Df_not_parent; try assumption; [symmetry; now apply s_zero|].
      rewrite collect_is_feedforward by lia. now apply f_differentiable.
    Qed.

    (** The energy's derivative of Gradient.v, in directions that move nothing from v on, is the sum over
        c >= v of s_c o Df_c, and DC. *)
    Lemma energy_derivative_is_sum : forall v (t : later n v) h d, (forall u, v <= u -> d u = zero) ->
      (energy_derivative Theta X f Df n Dcost s v t (collect theta x v) (collect h d v)
        + sum_below v (fun c => s c (Df c (collect theta x c) (collect h d c))))%R =
      (sum_below n (fun c => s c (Df c (collect theta x c) (collect h d c)))
        + Dcost (collect theta x n) (collect h d n))%R.
    Proof.
      intros v t h d. induction t as [|v rest IH]; intro Hd; simpl.
      - apply Rplus_comm.
      - pose proof (later_at_most _ _ rest) as Hv.
        rewrite <- IH by (intros; apply Hd; lia). simpl.
        rewrite (Hd v (Nat.le_refl v)).
        assert (Hx : extend Theta X f v (collect theta x v) = (collect theta x v, x v)).
        { unfold extend. now rewrite (x_fixed v Hv). }
        rewrite Hx. simpl.
        change (plus ?a ?b) with (Rplus a b). rewrite Rplus_assoc. f_equal. apply Rplus_comm.
    Qed.

    Lemma equations_solved : forall v (t : later n v),
      sensitivity_equations Theta X f Df n Dcost s v t (collect theta x v).
    Proof.
      induction t as [|v rest IH]; simpl; [exact I|].
      pose proof (later_at_most _ _ rest) as Hv.
      assert (Hx : extend Theta X f v (collect theta x v) = collect theta x (S v)).
      { simpl. unfold extend. now rewrite (x_fixed v Hv). }
      rewrite Hx. split; [|exact IH]. intro w.
      pose proof (energy_derivative_is_sum (S v) rest zero (fun u => instead v w u zero)) as H.
      rewrite s_is_total by exact Hv. fold (along v w) in H.
      rewrite <- H by (intros u Hu; now apply instead_other; lia).
      rewrite sum_below_zero.
      - rewrite Rplus_0_r. f_equal. unfold along. simpl. rewrite instead_same.
        f_equal. exact (along_before v w v (Nat.le_refl v)).
      - intros c Hc. rewrite along_before by lia. rewrite (linear_zero _ (Df_linear c ltac:(lia))).
        apply s_zero. lia.
    Qed.

    Lemma differentiable : forall v (t : later n v),
      differentiable_along Theta X f Df n cost Dcost v t (feedforward theta v).
    Proof.
      induction t as [|v rest IH]; simpl; [exact cost_differentiable|].
      split; [apply f_differentiable; apply (later_at_most _ _ rest) | exact IH].
    Qed.

    Lemma cost_of_feedforward : forall t v (l : later n v),
      cost_of Theta X f n cost v l (feedforward t v) = feedforward_cost t.
    Proof. intros t v l. induction l as [|v rest IH]; [reflexivity | exact IH]. Qed.

    Lemma cost_of_feedforward_with : forall t u y v (l : later n v), u < v ->
      cost_of Theta X f n cost v l (feedforward_with t u y v) = cost (feedforward_with t u y n).
    Proof.
      intros t u y v l. induction l as [|v rest IH]; intro Hv; [reflexivity|].
      rewrite <- IH by lia. simpl. now rewrite instead_other by lia.
    Qed.

    Lemma feedforward_with_before : forall t u y v, v <= u -> feedforward_with t u y v = feedforward t v.
    Proof.
      intros t u y. induction v as [|v IH]; intro Hv; simpl; [reflexivity|].
      rewrite IH by lia. now rewrite instead_other by lia.
    Qed.

    (** Every sensitivity is the derivative of the cost in its activation. *)
    Lemma sensitivities_exact : forall v, v < n ->
      filterdiff (fun y => cost (feedforward_with theta v y n)) (locally (x v)) (s v).
    Proof.
      intros v Hv. set (rest := all_later n (S v) Hv).
      apply filterdiff_ext with (fun y => cost_of Theta X f n cost (S v) rest (feedforward theta v, y)).
      - intro y. rewrite <- (cost_of_feedforward_with theta v y (S v) rest) by lia.
        simpl. now rewrite instead_same, feedforward_with_before by lia.
      - apply sensitivity_is_the_derivative with (Df := Df) (Dcost := Dcost).
        + rewrite (x_fixed v Hv). unfold new_activation. now rewrite collect_is_feedforward by lia.
        + apply differentiable.
        + rewrite <- collect_is_feedforward by lia. apply equations_solved.
    Qed.

    (** The gradient is the derivative of the cost, ... *)
    Lemma gradient_of_cost : filterdiff feedforward_cost (locally theta) (parameter_gradient x s).
    Proof.
      set (all := all_later n 0 (Nat.le_0_l n)).
      apply filterdiff_ext with (cost_of Theta X f n cost 0 all).
      - intro t. apply (cost_of_feedforward t 0 all).
      - apply (filterdiff_ext_lin _ (energy_derivative Theta X f Df n Dcost s 0 all theta)).
        + apply (energy_gradient_is_the_derivative Theta X f Df n cost Dcost s all theta).
          * apply (differentiable 0 all).
          * apply (equations_solved 0 all).
        + intro h. pose proof (energy_derivative_is_sum 0 all h (fun _ => zero) (fun _ _ => eq_refl)) as H.
          simpl in H. rewrite Rplus_0_r in H. exact H.
    Qed.

    Lemma collect_differentiable : forall v,
      filterdiff (fun t => collect t x v) (locally theta) (fun h => along_theta h v).
    Proof.
      unfold along_theta. induction v as [|v IH]; simpl; [apply filterdiff_id|].
      apply (filterdiff_comp'_2 (fun t => collect t x v) (fun _ => x v)
               (fun a b => (a, b) : prod_NormedModule R_AbsRing (E v) (X v)) theta
               (fun h => collect h (fun _ => zero) v) (fun _ => zero)
               (fun a b => (a, b) : prod_NormedModule R_AbsRing (E v) (X v))).
      - exact IH.
      - apply filterdiff_const.
      - apply filterdiff_linear. apply is_linear_prod; [apply is_linear_fst | apply is_linear_snd].
    Qed.

    (** ... and of the energy, with x and s held fixed. *)
    Lemma gradient_of_energy : filterdiff (fun t => energy t x s) (locally theta) (parameter_gradient x s).
    Proof.
      apply (filterdiff_plus_fct
        (fun t => sum_below n (fun v => s v (minus (f v (collect t x v)) (x v))) : R_NormedModule)
        (fun t => cost (collect t x n))
        (fun h => sum_below n (fun v => s v (Df v (collect theta x v) (along_theta h v))) : R_NormedModule)
        (fun h => Dcost (collect theta x n) (along_theta h n))).
      - apply (sum_below_differentiable Theta theta n
                 (fun v t => s v (minus (f v (collect t x v)) (x v)))
                 (fun v h => s v (Df v (collect theta x v) (along_theta h v)))).
        intros v Hv. destruct (sensitivities_exact v Hv) as [linear _].
        apply (filterdiff_comp' (fun t => minus (f v (collect t x v)) (x v)) (s v) theta
                 (fun h => Df v (collect theta x v) (along_theta h v)) (s v)).
        + apply (filterdiff_ext_lin _ (fun h => minus (Df v (collect theta x v) (along_theta h v)) zero)).
          * apply (filterdiff_minus_fct (fun t => f v (collect t x v)) (fun _ => x v)); [|apply filterdiff_const].
            apply (filterdiff_comp' (fun t => collect t x v) (f v)); [apply collect_differentiable|].
            rewrite collect_is_feedforward by lia. now apply f_differentiable.
          * intro h. apply minus_zero_r.
        + now apply filterdiff_linear.
      - apply (filterdiff_comp' (fun t => collect t x n) cost); [apply collect_differentiable|].
        rewrite collect_is_feedforward by lia. exact cost_differentiable.
    Qed.
  End FixedPoint.

  (** ** The theorem *)

  Theorem dyadic_backpropagation : forall z : network_state,
    let x := x_of (after (2 * L) z) in
    let s := s_of (after (2 * L) z) in
    (forall v, v < n -> x v = f v (feedforward theta v)) /\
    (forall v, v < n -> filterdiff (fun y => cost (feedforward_with theta v y n)) (locally (x v)) (s v)) /\
    filterdiff (fun t => energy t x s) (locally theta) (parameter_gradient x s) /\
    filterdiff feedforward_cost (locally theta) (parameter_gradient x s).
  Proof.
    intros z x s.
    assert (x_fixed : forall v, v < n -> x v = new_activation v x) by (intros; now apply after_2L_steps).
    assert (s_fixed : forall v, v < n -> s v = new_sensitivity v x s) by (intros; now apply after_2L_steps).
    split; [|split; [|split]].
    - intros v Hv. rewrite x_fixed at 1 by exact Hv. unfold new_activation.
      now rewrite collect_is_feedforward by (assumption || lia).
    - intros v Hv. now apply sensitivities_exact.
    - now apply gradient_of_energy.
    - now apply gradient_of_cost.
  Qed.
End Network.
